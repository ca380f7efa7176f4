// Saving a setting at once, and saying beside it whether that worked.

import * as backend from './backend.js';
import { byId, setText } from './dom.js';
import { store } from './store.js';
import { words } from './strings.js';

const SAVED_FOR_MS = 2500;

/** @type {Record<string, ReturnType<typeof setTimeout>>} */
const fading = {};

/**
 * Saves one or more settings, in order; what is said appears beside the last.
 * @param {...[string, import('./types.js').Settings[string]]} pairs
 * @returns {Promise<boolean>} whether all were saved
 */
export async function save(...pairs) {
  const key = pairs[pairs.length - 1][0];
  clearTimeout(fading[key]);
  let saved = true;
  try {
    for (const [name, value] of pairs) await backend.setSetting(name, value);
    store.note(key, { kind: 'saved', text: words.saved });
    fading[key] = setTimeout(() => store.note(key, null), SAVED_FOR_MS);
  } catch (error) {
    saved = false;
    store.note(key, { kind: 'error', text: backend.trouble(error).message });
  }
  store.set({ snapshot: await backend.snapshot() });
  return saved;
}

/** Draws the note beside a setting; `control` is marked while its value is refused. @param {string} key @param {Element} [control] */
export function drawNote(key, control) {
  const { notes, snapshot } = store.state;
  const problem = snapshot?.problems.find((p) => p.key === key);
  const note = notes[key] ?? (problem ? { kind: 'error', text: problem.message } : null);
  const place = byId(`note-${key}`);
  setText(place, note?.text ?? '');
  place.dataset.kind = note?.kind ?? '';
  if (control) {
    if (note?.kind === 'error') control.setAttribute('aria-invalid', 'true');
    else control.removeAttribute('aria-invalid');
  }
}
