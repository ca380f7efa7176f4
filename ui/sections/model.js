// Which model recognises, and getting more of them.

import * as backend from '../backend.js';
import { byId, el, refill, setText } from '../dom.js';
import { drawNote, save } from '../saving.js';
import { store } from '../store.js';
import { decimal, languageName, size, words } from '../strings.js';
import * as files from './model_tools.js';

const KEY = 'recognition.model';
let failure = '';
let all = false;

export function attach() {
  byId('models').addEventListener('change', (/** @type {any} */ event) => void save([KEY, event.target.value]).then(load));
  byId('import-model').addEventListener('click', () => void importModel());
}

/** Has the user choose a file, and says beside the button what came of it. */
async function importModel() {
  const note = byId('note-import');
  const button = byId('import-model');
  button.disabled = true;
  note.dataset.kind = '';
  try {
    const pending = backend.importModel(words.modelImportTitle);
    setText(note, words.modelImporting);
    const chosen = await pending;
    note.dataset.kind = 'saved';
    setText(note, chosen ? words.modelImported : '');
    if (chosen) await load();
  } catch (error) {
    note.dataset.kind = 'error';
    setText(note, backend.trouble(error).message);
  } finally {
    button.disabled = false;
    button.focus();
  }
}

export async function load() {
  try {
    failure = '';
    const [models, fetch] = await Promise.all([backend.models(), backend.fetchState()]);
    store.set({ models, fetch });
  } catch (error) {
    failure = backend.trouble(error).message;
    store.set({ models: [] });
  }
}

/** Starts its download. @param {string} id */
export async function getModel(id) {
  try {
    await backend.fetchModel(id);
    store.set({ fetch: await backend.fetchState() });
  } catch (error) {
    store.set({ fetch: { id, done: 0, total: 0, finished: true, error: backend.trouble(error) } });
  }
}

/** A cancelled download is no failure. @param {import('../types.js').FetchState|null} fetch */
const failed = (fetch) => (fetch?.error && fetch.error.code !== 'aborted' ? fetch.error : null);

/** @param {import('../store.js').State} state */
export function render({ snapshot, models, fetch, times }) {
  if (!snapshot) return;
  const chosen = String(store.setting(KEY));
  const fetching = fetch && !fetch.finished ? fetch.id : null;
  refill(byId('models'), [models, chosen, fetching, fetch?.error, failure, all, snapshot.languages.length, files.state(), times], () => rows(models, chosen, fetch));
  for (const radio of byId('models').querySelectorAll('input')) radio.checked = radio.value === chosen;
  if (fetching && fetch) drawProgress(fetch);
  drawNote(KEY);
}

/** @param {import('../types.js').Model[]|null} models @param {string} chosen @param {import('../types.js').FetchState|null} fetch */
function rows(models, chosen, fetch) {
  const list = [];
  const current = models?.find((m) => m.current);
  list.push(row({ id: 'auto', name: words.modelAuto, detail: words.modelAutoHelp, choosable: true }));
  const shown = (models ?? []).filter((model) => all || matters(model, chosen, fetch));
  for (const model of shown) list.push(modelRow(model, fetch));
  if (models && chosen !== 'auto' && !models.some((m) => m.id === chosen)) {
    list.push(row({ id: chosen, name: words.modelFile, detail: chosen, choosable: true, side: current ? [] : [words.modelCurrent] }));
  }
  if (models === null) list.push(el('p', { class: 'choice help' }, words.modelLooking));
  if (failure) list.push(el('p', { class: 'choice help' }, failure));
  if (all || shown.length < (models?.length ?? 0)) list.push(allButton());
  return list;
}

/**
 * Whether a model is shown before the user asks for all of them: what is there, what is wanted, what most people want.
 * @param {import('../types.js').Model} model @param {string} chosen @param {import('../types.js').FetchState|null} fetch
 */
function matters(model, chosen, fetch) {
  return model.state !== 'missing' || model.recommended || model.id === chosen || model.id === fetch?.id;
}

function allButton() {
  const text = all ? words.modelShowFewer : words.modelShowAll;
  const button = el('button', { type: 'button', class: 'plain', 'data-action': 'show-all-models', 'data-focus': 'all', 'aria-expanded': String(all) }, text);
  button.addEventListener('click', () => {
    all = !all;
    render(store.state);
  });
  return el('div', { class: 'choice' }, button);
}

/** @param {import('../types.js').Model} model @param {import('../types.js').FetchState|null} fetch */
function modelRow(model, fetch) {
  let detail = `${size(model.bytes)} · ${languagesOf(model)}`;
  if (model.state === 'damaged') detail += ` · ${words.modelDamaged}`;
  if (model.state === 'partial') detail += ` · ${words.modelPartial}`;
  const side = [];
  const mine = fetch?.id === model.id ? fetch : null;
  if (model.current) side.push(words.modelCurrent);
  else if (model.installed) side.push(words.modelInstalled);
  else if (mine && !mine.finished) side.push(...progressOf(model));
  else side.push(getButton(model, fetch));
  const speed = speedOf(model);
  if (speed !== null) detail += ` · ${words.modelSpeed(decimal(speed * 10, 1))}`;
  const made = row({ id: model.id, name: model.name, detail, choosable: model.installed, side, hint: model.hint, demo: model.demo, recommended: model.recommended });
  made.append(...(mine && !mine.finished ? [] : files.tools(model)));
  const error = failed(mine);
  if (error) made.append(el('p', { class: 'note', role: 'alert', 'data-kind': 'error' }, error.message));
  return made;
}

/**
 * How long a second of speech took to recognise on this machine, in s, by the last remembered dictations; null where none
 * used the model.
 * @param {import('../types.js').Model} model
 */
function speedOf(model) {
  const mine = (store.state.times ?? []).filter((one) => one.model === model.id && one.recognisingMs && one.audioMs > 0);
  const spoken = mine.reduce((sum, one) => sum + one.audioMs, 0);
  return spoken ? mine.reduce((sum, one) => sum + (one.recognisingMs ?? 0), 0) / spoken : null;
}

/** @param {import('../types.js').Model} model */
function languagesOf(model) {
  if (model.languages !== 'multi') return languageName(model.languages);
  return words.modelLanguages(store.state.snapshot?.languages.length ?? 0);
}

/** @param {import('../types.js').Model} model @param {import('../types.js').FetchState|null} fetch */
function getButton(model, fetch) {
  const other = fetch !== null && !fetch.finished && fetch.id !== model.id;
  const partial = model.state === 'partial';
  const label = partial ? words.modelResumeLabel(model.name) : words.modelGetLabel(model.name);
  const button = el('button', { type: 'button', 'data-fetch': model.id, 'data-focus': `get ${model.id}`, 'aria-label': label, disabled: other }, partial ? words.modelResume : words.modelGet);
  button.addEventListener('click', () => void getModel(model.id));
  return button;
}

/** @param {import('../types.js').Model} model */
function progressOf(model) {
  const bar = el('progress', { 'aria-label': words.modelProgress(model.name), 'data-progress': model.id });
  // What has arrived stays.
  const button = el('button', { type: 'button', 'data-action': 'cancel-fetch', 'data-focus': `get ${model.id}` }, words.modelPause);
  button.addEventListener('click', () => void backend.cancelFetch());
  return [el('span', { 'data-so-far': model.id }), bar, button];
}

/** @param {import('../types.js').FetchState} fetch */
function drawProgress(fetch) {
  const models = byId('models');
  const bar = models.querySelector('progress');
  if (!bar) return;
  if (fetch.total > 0) {
    bar.max = fetch.total;
    bar.value = fetch.done;
  }
  models.querySelector('[data-so-far]').textContent = words.modelSoFar(size(fetch.done), size(fetch.total));
}

/**
 * @param {{id: string, name: string, detail: string, choosable: boolean, side?: (Node|string)[], hint?: string, demo?: boolean, recommended?: boolean}} what
 */
function row({ id, name, detail, choosable, side = [], hint = '', demo = false, recommended = false }) {
  const text = el('span', { class: 'name' }, name);
  if (recommended) text.append(' ', el('span', { class: 'badge strong' }, words.modelRecommended));
  text.append(el('span', { class: 'detail' }, detail));
  if (hint && !demo) text.append(el('span', { class: 'detail' }, hint));
  if (demo) text.append(el('span', { class: 'detail demo' }, words.modelDemo));
  const mark = choosable
    ? el('input', { type: 'radio', name: KEY, value: id, 'data-focus': id })
    : el('span', { class: 'blank' });
  const label = el(choosable ? 'label' : 'div', { class: 'what' }, mark, text);
  return el('div', { class: 'choice', 'data-model': id }, label, el('span', { class: 'side' }, ...side));
}
