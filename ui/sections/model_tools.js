// What can be done with a model's file: read it through, remove it.

import * as backend from '../backend.js';
import { el } from '../dom.js';
import { store } from '../store.js';
import { words } from '../strings.js';

/** @typedef {import('../types.js').Model} Model */

/** The model whose removal is being asked about. @type {string|null} */
let asking = null;
/** The model whose file is being read. @type {string|null} */
let reading = null;
/** What came of it. @type {{id: string, kind: string, text: string}|null} */
let said = null;

/** What the rows depend on besides the store. */
export const state = () => [asking, reading, said];

/** A line below a model: what can be done with its file, or the question, and what came of it. @param {Model} model @returns {Node[]} */
export function tools(model) {
  const line = [];
  if (model.state !== 'missing' && !model.demo) {
    const buttons = asking === model.id ? answers(model) : offers(model);
    line.push(el('div', { class: 'tools' }, ...buttons));
  }
  if (reading === model.id) line.push(el('p', { class: 'note', role: 'status' }, words.modelVerifying));
  if (said?.id === model.id) line.push(el('p', { class: 'note', role: said.kind === 'error' ? 'alert' : 'status', 'data-kind': said.kind }, said.text));
  return line;
}

/** @param {Model} model */
function offers(model) {
  const all = [];
  if (model.state !== 'partial') all.push(button('verify', words.modelVerify, model, () => void verify(model.id), reading !== null));
  all.push(button('remove', words.modelRemove, model, () => ask(model.id, `keep ${model.id}`), reading === model.id));
  return all;
}

/** @param {Model} model */
function answers(model) {
  return [
    el('span', { class: 'grow' }, words.modelRemoveQuestion(model.name)),
    button('keep', words.modelKeep, model, () => ask(null, `remove ${model.id}`)),
    button('sure', words.modelRemove, model, () => void remove(model.id)),
  ];
}

/** @param {string} what @param {string} label @param {Model} model @param {() => void} act @param {boolean} [disabled] */
function button(what, label, model, act, disabled = false) {
  const made = el('button', { type: 'button', class: 'plain', 'data-focus': `${what} ${model.id}`, 'data-action': `${what}-model`, 'aria-label': words.modelLabel(label, model.name), disabled }, label);
  made.addEventListener('click', act);
  return made;
}

/** @param {string|null} id @param {string} next what takes the keyboard once it is drawn */
function ask(id, next) {
  asking = id;
  said = null;
  store.set({});
  focus(next);
}

/** @param {string} name */
function focus(name) {
  queueMicrotask(() => {
    const all = [...document.querySelectorAll('#models [data-focus]')];
    const target = all.find((one) => one.getAttribute('data-focus') === name) ?? document.getElementById('model-title');
    /** @type {HTMLElement|null} */ (target)?.focus();
  });
}

/** @param {string} id */
async function verify(id) {
  reading = id;
  said = null;
  store.set({});
  try {
    await backend.verifyModel(id);
    said = { id, kind: 'saved', text: words.modelWhole };
  } catch (error) {
    said = { id, kind: 'error', text: backend.trouble(error).message };
  } finally {
    reading = null;
    store.set({});
    focus(`verify ${id}`);
  }
}

/** @param {string} id */
async function remove(id) {
  asking = null;
  try {
    await backend.removeModel(id);
    said = null;
    focus('');
  } catch (error) {
    said = { id, kind: 'error', text: backend.trouble(error).message };
    focus(`remove ${id}`);
  }
  store.set({});
}
