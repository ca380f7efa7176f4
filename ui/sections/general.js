// Starting at login.

import * as backend from '../backend.js';
import { byId, setText } from '../dom.js';
import { store } from '../store.js';

/** Why the last change was refused; the state itself stays as the system says. */
let refusal = '';

export function attach() {
  byId('login-item').addEventListener('change', () => void change(byId('login-item').checked));
  byId('login-items').addEventListener('click', () => void openSettings());
}

/** @param {boolean} on */
async function change(on) {
  refusal = '';
  try {
    const item = await backend.setLoginItem(on);
    if (on && !item.on) refusal = item.advice ?? '';
  } catch (error) {
    refusal = backend.trouble(error).message;
  }
  store.set({ snapshot: await backend.snapshot() });
}

async function openSettings() {
  refusal = await backend.openLoginItems().then(() => '', (error) => backend.trouble(error).message);
  render(store.state);
}

/** @param {import('../store.js').State} state */
export function render({ snapshot }) {
  if (!snapshot) return;
  const { on, state, advice } = snapshot.loginItem;
  byId('login-item').checked = on;
  byId('login-items').hidden = state !== 'needs-approval';
  // An app that was never switched on is not found by the system, and nothing is wrong with that.
  const shown = refusal || (state === 'not-found' && snapshot.system === 'macos' ? '' : (advice ?? ''));
  setText(byId('note-login-item'), shown);
  byId('note-login-item').dataset.kind = shown ? 'error' : '';
}
