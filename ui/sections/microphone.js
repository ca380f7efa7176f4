// Which microphone is heard.

import * as backend from '../backend.js';
import { byId, el, refill } from '../dom.js';
import { drawNote, save } from '../saving.js';
import { store } from '../store.js';
import { en } from '../strings/en.js';

const KEY = 'microphone.id';
let failure = '';

export function attach() {
  byId('refresh-microphones').addEventListener('click', () => void load());
  byId('microphones').addEventListener('change', (/** @type {any} */ event) => {
    const { value, dataset } = event.target;
    // The name is kept to be shown while the microphone is away.
    void save(['microphone.name', dataset.name ?? ''], [KEY, value]);
  });
}

export async function load() {
  try {
    failure = '';
    store.set({ microphones: await backend.microphones() });
  } catch (error) {
    failure = backend.trouble(error).message;
    store.set({ microphones: [] });
  }
}

/** @param {import('../store.js').State} state */
export function render({ snapshot, microphones }) {
  if (!snapshot) return;
  const chosen = String(store.setting(KEY));
  const name = String(store.setting('microphone.name'));
  refill(byId('microphones'), [microphones, chosen, name, failure], () => rows(microphones, chosen, name));
  // A refused choice jumps back to what is set.
  for (const radio of byId('microphones').querySelectorAll('input')) radio.checked = radio.value === chosen;
  drawNote(KEY);
}

/** @param {import('../types.js').Microphone[]|null} microphones @param {string} chosen @param {string} name */
function rows(microphones, chosen, name) {
  const now = microphones?.find((m) => m.isDefault);
  const list = [choice('default', en.microphoneDefault, now ? en.microphoneDefaultNow(now.name) : '')];
  for (const microphone of microphones ?? []) list.push(choice(microphone.id, microphone.name, ''));
  const away = chosen !== 'default' && microphones !== null && !microphones.some((m) => m.id === chosen);
  if (away) list.push(choice(chosen, name || chosen, en.microphoneAway));
  if (microphones === null) list.push(remark(en.microphoneLooking));
  else if (failure) list.push(remark(failure));
  else if (microphones.length === 0) list.push(remark(en.microphoneNone));
  return list;
}

/** @param {string} text */
const remark = (text) => el('p', { class: 'choice help' }, text);

/** @param {string} id @param {string} name @param {string} detail */
function choice(id, name, detail) {
  const radio = el('input', { type: 'radio', name: KEY, value: id, 'data-name': id === 'default' ? '' : name, 'data-focus': id });
  const text = el('span', { class: 'name' }, name);
  if (detail) text.append(el('span', { class: 'detail' }, detail));
  return el('div', { class: 'choice', 'data-microphone': id }, el('label', {}, radio, text));
}
