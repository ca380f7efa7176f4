// Settings that few need, each beside what it belongs to: how keys are sent, how loud, which channel, what is kept loaded, and
// what is logged.

import { byId, el } from '../dom.js';
import { drawNote, save } from '../saving.js';
import { store } from '../store.js';
import { words } from '../strings.js';

const IDS = ['volume', 'newline', 'pace', 'chunk', 'release-wait', 'tap', 'channel', 'ahead', 'keep-loaded', 'log-level'];
/** Channels to choose from; the file may have another. */
const CHANNELS = 8;
const isNumber = (/** @type {any} */ control) => ['number', 'range'].includes(control.type);

export function attach() {
  for (let number = 1; number <= CHANNELS; number += 1) byId('channel').append(option(String(number)));
  for (const id of IDS) byId(id).addEventListener('change', () => changed(byId(id)));
}

/** @param {any} control */
function changed(control) {
  const { setting } = control.dataset;
  // A number that is out of bounds is refused by the program, which says why.
  if (isNumber(control) && control.value === '') store.note(setting, { kind: 'error', text: words.numberNeeded });
  else void save([setting, valueOf(control)]);
}

/** @param {any} control */
function valueOf(control) {
  if (control.type === 'checkbox') return control.checked;
  return isNumber(control) ? Number(control.value) : control.value;
}

/** @param {import('../store.js').State} state */
export function render({ snapshot, notes }) {
  if (!snapshot) return;
  for (const id of IDS) {
    const control = byId(id);
    const { setting } = control.dataset;
    const value = store.setting(setting);
    if (control.type === 'checkbox') control.checked = value === true;
    else if (control.tagName === 'SELECT') choose(control, String(value));
    // What somebody writes, or what was refused and can be mended, stays.
    else if (document.activeElement !== control && notes[setting]?.kind !== 'error') control.value = String(value);
    drawNote(setting, control);
  }
  byId('tap').disabled = store.setting('dictation.activation') !== 'hold-or-tap';
}

/** Chooses a value; one that only the file can have becomes an option. @param {any} select @param {string} value */
function choose(select, value) {
  if (![...select.options].some((one) => one.value === value)) select.append(option(value));
  select.value = value;
}

/** @param {string} number of a channel */
const option = (number) => el('option', { value: number }, words.channelNumber(number));
