// What was dictated: found, copied, played and deleted, and how much of it stays. The program plays; no sound comes here.

import * as backend from '../backend.js';
import { byId, el, refill, setText } from '../dom.js';
import { drawNote, save } from '../saving.js';
import { store } from '../store.js';
import { moment, words as en } from '../strings.js';

const switches = ['history-enabled', 'history-audio'];
const numbers = ['history-days', 'history-count', 'history-mb'];
/** So many come at a time; src-tauri/src/commands.rs knows the number too. */
const PAGE = 20;
const TYPING_PAUSE_MS = 200;

/** What is being asked about: a dictation's number, 'all', or nothing. @type {number|'all'|null} */
let asking = null;
/** What is said beside a dictation. @type {{id: number, kind: string, text: string}|null} */
let said = null;
/** The dictation that is to be recognised again, while its model is chosen. @type {number|null} */
let choosing = null;
let failure = '';
/** What was playing when the page was drawn last. @type {number|null} */
let heard = null;
/** Counts what was asked, so that a late answer does not replace a newer one. */
let turn = 0;

const query = () => String(byId('history-query').value);

export function attach() {
  for (const id of switches) {
    byId(id).addEventListener('change', () => void save([byId(id).dataset.setting, byId(id).checked]));
  }
  for (const id of numbers) {
    byId(id).addEventListener('change', () => {
      const control = byId(id);
      const { setting } = control.dataset;
      if (/^\d+$/.test(control.value)) void save([setting, Number(control.value)]);
      else store.note(setting, { kind: 'error', text: en.historyNumber });
    });
  }
  byId('history-query').placeholder = en.historyPlaceholder;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let pause;
  byId('history-query').addEventListener('input', () => {
    clearTimeout(pause);
    pause = setTimeout(() => void load(), TYPING_PAUSE_MS);
  });
  byId('history-more').addEventListener('click', () => void loadMore());
  byId('delete-history').addEventListener('click', () => {
    ask('all');
    focus('sure all');
  });
}

/** Shows the newest again, as many as were shown. */
export async function load() {
  const mine = ++turn;
  try {
    let dictations = await backend.history(query(), null);
    const shown = store.state.dictations?.length ?? 0;
    let more = dictations.length === PAGE;
    while (more && dictations.length < shown) {
      const page = await backend.history(query(), dictations[dictations.length - 1].id);
      dictations = dictations.concat(page);
      more = page.length === PAGE;
    }
    if (mine !== turn) return;
    failure = '';
    store.set({ dictations, moreDictations: more });
  } catch (error) {
    if (mine !== turn) return;
    failure = backend.trouble(error).message;
    store.set({ dictations: [], moreDictations: false });
  }
}

async function loadMore() {
  const known = store.state.dictations ?? [];
  if (!known.length) return;
  const mine = ++turn;
  try {
    const page = await backend.history(query(), known[known.length - 1].id);
    if (mine !== turn) return;
    store.set({ dictations: known.concat(page), moreDictations: page.length === PAGE });
    if (page.length) focus(`copy ${page[0].id}`);
  } catch (error) {
    failure = backend.trouble(error).message;
    store.set({});
  }
}

/** @param {number|'all'|null} what */
function ask(what) {
  asking = what;
  choosing = null;
  said = null;
  store.set({});
}

/** Moves the focus to what will have this name once it is drawn. @param {string} name */
function focus(name) {
  queueMicrotask(() => {
    const target = document.querySelector(`#dictations [data-focus="${name}"]`) ?? byId('history-title');
    /** @type {HTMLElement} */ (target).focus();
  });
}

/** @param {import('../store.js').State} state */
export function render({ snapshot, dictations, moreDictations, models }) {
  if (!snapshot) return;
  for (const id of switches) byId(id).checked = Boolean(store.setting(byId(id).dataset.setting));
  byId('history-audio').disabled = !store.setting('history.enabled');
  for (const id of numbers) {
    const control = byId(id);
    const refused = store.state.notes[control.dataset.setting]?.kind === 'error';
    if (document.activeElement !== control && !refused) control.value = String(store.setting(control.dataset.setting));
  }
  for (const id of [...switches, ...numbers]) drawNote(byId(id).dataset.setting, byId(id));
  byId('delete-history').hidden = !dictations?.length;
  byId('history-more').hidden = !moreDictations;
  setText(byId('history-found'), foundText(dictations));
  byId('dictations').hidden = !dictations?.length && asking !== 'all';
  const { playing, recognisingAgain } = snapshot.status;
  announce(playing, dictations);
  const installed = (models ?? []).filter((model) => model.installed);
  refill(byId('dictations'), [dictations, asking, said, playing, choosing, recognisingAgain, installed.map(({ id }) => id)], () => {
    const rows = (dictations ?? []).map((one) => row(one, playing === one.id, recognisingAgain, installed));
    return asking === 'all' ? [question('all'), ...rows] : rows;
  });
}

/** @param {import('../types.js').Dictation[]|null} dictations */
function foundText(dictations) {
  if (failure) return failure;
  if (!dictations || dictations.length) return dictations && !store.setting('history.enabled') ? en.historyOff : '';
  if (query().trim()) return en.historyNotFound;
  return store.setting('history.enabled') ? en.historyNone : en.historyOff;
}

/** Tells a screen reader what is heard. @param {number|null} playing @param {import('../types.js').Dictation[]|null} dictations */
function announce(playing, dictations) {
  const one = dictations?.find(({ id }) => id === playing);
  if (playing !== null) setText(byId('history-playing'), en.historyPlaying(one?.text || en.historyNoText));
  else if (heard !== null) setText(byId('history-playing'), en.historyPlayed);
  heard = playing;
}

/**
 * @param {import('../types.js').Dictation} one @param {boolean} isPlaying
 * @param {number|null} recognising the dictation that is being recognised again @param {import('../types.js').Model[]} models those to choose from
 */
function row(one, isPlaying, recognising, models) {
  const item = el('li', { class: 'dictation', 'data-dictation': String(one.id) });
  item.append(el('p', { class: one.text ? 'said' : 'said away' }, one.text || en.historyNoText));
  if (one.untyped) item.append(el('p', { class: 'detail' }, en.historyUntyped(one.untyped)));
  for (const part of one.withheld) item.append(el('p', { class: 'detail' }, en.historyWithheld(part.text)));
  if (one.firstText) item.append(el('p', { class: 'detail' }, en.historyFirst(one.firstText)));
  const line = el('div', { class: 'line' }, el('span', { class: 'detail' }, details(one)));
  // Together, so that they stay together where the line is too short.
  const deeds = el('div', { class: 'deeds' });
  line.append(deeds);
  if (asking === one.id) deeds.append(...answers(one.id));
  else if (choosing === one.id) deeds.append(...choice(one, models));
  else {
    if (one.text) deeds.append(button(`copy ${one.id}`, en.historyCopy, one, () => void copy(one.id)));
    if (one.hasAudio) {
      const label = isPlaying ? en.historyStop : en.historyPlay;
      deeds.append(button(`play ${one.id}`, label, one, () => void (isPlaying ? backend.stopPlaying() : play(one.id))));
    }
    if (one.hasAudio && models.length && recognising === null) {
      deeds.append(button(`again ${one.id}`, en.historyAgain, one, () => {
        choosing = one.id;
        asking = said = null;
        store.set({});
        focus(`model ${one.id}`);
      }));
    }
    deeds.append(button(`delete ${one.id}`, en.historyDelete, one, () => {
      ask(one.id);
      focus(`sure ${one.id}`);
    }));
  }
  if (recognising === one.id) line.append(el('p', { class: 'note', role: 'status' }, en.historyAgainRuns));
  if (said?.id === one.id) line.append(el('p', { class: 'note', role: 'status', 'data-kind': said.kind }, said.text));
  item.append(line);
  return item;
}

/** @param {import('../types.js').Dictation} one */
function details(one) {
  return [moment(one.atMs), one.app, en.historyFates[one.fate] ?? ''].filter(Boolean).join(' · ');
}

/** @param {'all'} what */
function question(what) {
  return el('li', { class: 'dictation' }, el('div', { class: 'line' }, el('span', { class: 'grow' }, en.historyDeleteAll), ...answers(what)));
}

/** @param {number|'all'} what */
function answers(what) {
  const keep = el('button', { type: 'button', 'data-action': 'keep', 'data-focus': `keep ${what}` }, en.historyKeep);
  keep.addEventListener('click', () => {
    ask(null);
    if (what === 'all') byId('delete-history').focus();
    else focus(`delete ${what}`);
  });
  const sure = el('button', { type: 'button', 'data-action': 'sure', 'data-focus': `sure ${what}` }, en.historySure);
  sure.addEventListener('click', () => void remove(what));
  return [keep, sure];
}

/** Which model, and the two ways on. @param {import('../types.js').Dictation} one @param {import('../types.js').Model[]} models */
function choice(one, models) {
  const options = models.map(({ id, name, current }) => el('option', { value: id, selected: current }, name));
  const select = el('select', { 'data-focus': `model ${one.id}` }, ...options);
  const label = el('label', {}, `${en.historyAgainModel} `, select);
  const no = button(`no ${one.id}`, en.historyAgainNo, one, () => {
    choosing = null;
    store.set({});
    focus(`again ${one.id}`);
  });
  const yes = button(`yes ${one.id}`, en.historyAgainYes, one, () => void recogniseAgain(one.id, select.value));
  return [label, no, yes];
}

/** @param {number} id @param {string} model */
async function recogniseAgain(id, model) {
  choosing = null;
  said = null;
  try {
    await backend.recogniseAgain(id, model);
  } catch (error) {
    said = { id, kind: 'error', text: backend.trouble(error).message };
  }
  store.set({});
  focus(`delete ${id}`);
}

/** @param {string} name @param {string} label @param {import('../types.js').Dictation} one @param {() => void} act */
function button(name, label, one, act) {
  const made = el('button', { type: 'button', 'data-focus': name, 'aria-label': en.historyLabel(label, one.text || en.historyNoText) }, label);
  made.addEventListener('click', act);
  return made;
}

/** @param {number} id */
async function copy(id) {
  try {
    await backend.copyDictation(id);
    said = { id, kind: 'saved', text: en.copied };
  } catch (error) {
    said = { id, kind: 'error', text: backend.trouble(error).message };
  }
  store.set({});
}

/** @param {number} id */
async function play(id) {
  said = null;
  try {
    await backend.playDictation(id);
  } catch (error) {
    said = { id, kind: 'error', text: backend.trouble(error).message };
  }
  store.set({});
}

/** @param {number|'all'} what */
async function remove(what) {
  asking = null;
  try {
    if (what === 'all') await backend.deleteHistory();
    else await backend.deleteDictation(what);
    await load();
    focus('');
  } catch (error) {
    failure = backend.trouble(error).message;
    store.set({});
  }
}
