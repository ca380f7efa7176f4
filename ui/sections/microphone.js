// Which microphones are heard, the best one first.

import * as backend from '../backend.js';
import { byId, el, refill } from '../dom.js';
import { makeReorderable } from '../reorder.js';
import { drawNote, save } from '../saving.js';
import { store } from '../store.js';
import { words as en } from '../strings.js';

/** @typedef {import('../types.js').PreferredMicrophone} Preferred */

const KEY = 'microphone.priority';
const ADVICE = 'microphone.bluetooth_advice';
const DEFAULT = 'default';
const PRE_ROLL = 'microphone.pre_roll_ms';
/** Times to choose from, in ms; the file may have another. */
const PRE_ROLLS = [300, 500, 1000];
let failure = '';

export function attach() {
  byId('refresh-microphones').addEventListener('click', () => void load());
  byId('other-microphones').setAttribute('aria-label', en.microphoneOthers);
  byId('bluetooth-dismiss').addEventListener('click', () => void save([ADVICE, false]));
  makeReorderable(byId('microphones'), { row: '[data-microphone]', grip: '.what', moved });
  byId('pre-roll').append(...PRE_ROLLS.map(preRoll));
  byId('pre-roll').addEventListener('change', () => void save([PRE_ROLL, Number(byId('pre-roll').value)]));
  for (const list of ['microphones', 'other-microphones']) byId(list).addEventListener('click', clicked);
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

/** @returns {Preferred[]} */
const wanted = () => /** @type {any} */ (store.setting(KEY) || []);

/** A button was pressed, by pointer or key. @param {any} event */
function clicked(event) {
  const button = event.target.closest('button');
  if (!button || button.getAttribute('aria-disabled') === 'true') return;
  const { step, id, name } = button.dataset;
  const list = wanted().filter((one) => one.id !== id);
  const at = wanted().findIndex((one) => one.id === id);
  if (step === 'add') list.unshift({ id, name });
  else if (step !== 'remove') list.splice(step === 'up' ? at - 1 : at + 1, 0, wanted()[at]);
  void save([KEY, list]);
}

/** A row was dragged. @param {number} from @param {number} to */
function moved(from, to) {
  const list = [...wanted()];
  list.splice(to, 0, ...list.splice(from, 1));
  void save([KEY, list]);
}

/** @param {import('../store.js').State} state */
export function render({ snapshot, microphones }) {
  if (!snapshot) return;
  const list = wanted();
  const others = (microphones ?? []).filter((one) => !list.some((other) => other.id === one.id));
  const more = others.map((one) => ({ id: one.id, name: one.name }));
  if (!list.some((one) => one.id === DEFAULT)) more.push({ id: DEFAULT, name: '' });
  refill(byId('microphones'), [microphones, list, failure], () => rows(list, microphones));
  const first = list.map((one) => found(one, microphones)).find((here) => here);
  byId('bluetooth-advice').hidden = !first?.isBluetooth || store.setting(ADVICE) !== true;
  refill(byId('other-microphones'), more, () => more.map(other));
  byId('other-microphones').hidden = more.length === 0;
  drawPreRoll(Number(store.setting(PRE_ROLL)));
  drawNote(KEY);
  drawNote(ADVICE);
  drawNote(PRE_ROLL, byId('pre-roll'));
}

/** @param {number} ms */
const preRoll = (ms) => el('option', { value: String(ms) }, en.preRollTime(ms));

/** @param {number} ms */
function drawPreRoll(ms) {
  const select = byId('pre-roll');
  if (ms !== 0 && !PRE_ROLLS.includes(ms) && ![...select.options].some((one) => Number(one.value) === ms)) select.append(preRoll(ms));
  select.value = String(ms);
}

/** What an entry means now. @param {Preferred} one @param {import('../types.js').Microphone[]|null} microphones */
const found = (one, microphones) => microphones?.find((m) => (one.id === DEFAULT ? m.isDefault : m.id === one.id));

/** @param {Preferred[]} list @param {import('../types.js').Microphone[]|null} microphones */
function rows(list, microphones) {
  const first = list.find((one) => found(one, microphones));
  const made = list.map((one, at) => {
    const here = found(one, microphones);
    const details = [];
    if (one.id === DEFAULT && here) details.push(en.microphoneDefaultNow(here.name));
    else if (microphones !== null && !here) details.push(en.microphoneAway);
    if (one === first) details.push(en.microphoneFirst);
    const name = one.id === DEFAULT ? en.microphoneDefault : here?.name ?? (one.name || one.id);
    return row(one.id, name, details, [
      button('up', one.id, '↑', en.microphoneUp(name), at > 0),
      button('down', one.id, '↓', en.microphoneDown(name), at < list.length - 1),
      button('remove', one.id, '✕', en.microphoneRemove(name), list.length > 1),
    ]);
  });
  if (microphones === null) made.push(remark(en.microphoneLooking));
  else if (failure) made.push(remark(failure));
  else if (microphones.length === 0) made.push(remark(en.microphoneNone));
  return made;
}

/** @param {Preferred} one */
function other(one) {
  const name = one.id === DEFAULT ? en.microphoneDefault : one.name;
  const add = button('add', one.id, en.microphoneAdd, en.microphoneAddThis(name), true);
  add.dataset.name = one.name;
  return row(one.id, name, [], [add]);
}

/** @param {string} text */
const remark = (text) => el('li', { class: 'choice help' }, text);

/** @param {string} id @param {string} name @param {string[]} details @param {Node[]} buttons */
function row(id, name, details, buttons) {
  const text = el('span', { class: 'name' }, name);
  if (details.length) text.append(el('span', { class: 'detail' }, details.join(' · ')));
  return el('li', { class: 'choice', 'data-microphone': id }, el('span', { class: 'what' }, text), el('span', { class: 'side' }, ...buttons));
}

/** A button that goes nowhere stays reachable, so that the keyboard does not lose its place. @param {string} step @param {string} id @param {string} text @param {string} label @param {boolean} works */
function button(step, id, text, label, works) {
  return el('button', {
    type: 'button',
    'data-step': step,
    'data-id': id,
    'data-focus': `${step} ${id}`,
    'aria-label': label,
    'aria-disabled': works ? null : 'true',
  }, text);
}
