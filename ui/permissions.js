// The next step to a permission, by its state.

import * as backend from './backend.js';
import { words } from './strings.js';

/**
 * What a button for the permission says and does, or null where there is nothing to do.
 * @param {string} permission microphone, typing or listening
 * @param {string} state see types.js
 * @returns {{label: string, act: () => Promise<void>}|null}
 */
export function nextStep(permission, state) {
  if (state === 'denied') return { label: words.permissionOpen, act: () => backend.openPermissionSettings(permission) };
  if (state === 'stale') return { label: words.permissionRepair, act: () => backend.requestPermission(permission) };
  if (state === 'not-asked') return { label: words.permissionAsk, act: () => backend.requestPermission(permission) };
  return null;
}
