// Deleting everything: a question, and then nothing but what became of it.

import * as backend from '../backend.js';
import { byId, el, refill, setText, told } from '../dom.js';
import { store } from '../store.js';
import { words } from '../strings.js';

export function attach() {
  byId('erase').addEventListener('click', () => ask(true));
  byId('erase-no').addEventListener('click', () => ask(false));
  byId('erase-yes').addEventListener('click', () => void erase());
  byId('quit').addEventListener('click', () => void backend.quit());
}

/** @param {boolean} asking */
function ask(asking) {
  byId('erase-question').hidden = !asking;
  byId('erase').hidden = asking;
  setText(byId('note-erase'), '');
  // What is first within reach is what keeps everything.
  byId(asking ? 'erase-no' : 'erase').focus();
}

async function erase() {
  byId('erase-yes').disabled = true;
  try {
    store.set({ erased: await backend.erase(byId('erase-models').checked) });
    byId('erased-title').focus();
  } catch (error) {
    ask(false);
    byId('note-erase').dataset.kind = 'error';
    setText(byId('note-erase'), backend.trouble(error).message);
  } finally {
    byId('erase-yes').disabled = false;
  }
}

/** @param {import('../store.js').State} state */
export function render({ erased, place }) {
  byId('erased').hidden = !erased;
  // Beside the first run there is nothing else, and after the end there is not even that.
  for (const part of ['sidebar', 'settings']) byId(part).hidden = Boolean(erased) || place === 'welcome';
  if (erased) byId('welcome').hidden = true;
  if (!erased) return;
  setText(byId('erased-title'), erased.failed.length ? words.erasedNotAll : words.erasedTitle);
  refill(byId('erased-report'), erased, () => report(erased));
}

/** @param {import('../types.js').Erased} erased */
function report({ removed, left, failed }) {
  const list = (/** @type {string} */ title, /** @type {string[]} */ lines, /** @type {string} */ name) =>
    lines.length ? [el('p', {}, title), el('ul', { class: 'group', 'data-erased': name }, ...lines.map((line) => el('li', { class: 'check' }, told(line))))] : [];
  const nothing = removed.length + failed.length ? [] : [el('p', {}, words.erasedNothing)];
  return [...list(words.erasedFailed, failed, 'failed'), ...list(words.erasedRemoved, removed, 'removed'), ...nothing, ...left.map((line) => told(line, { class: 'help' }))];
}
