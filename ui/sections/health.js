// What doctor finds, each with the button that mends it; how long the last dictations took; the report for who helps.

import * as backend from '../backend.js';
import { byId, el, refill, setText, told } from '../dom.js';
import { nextStep } from '../permissions.js';
import { go } from '../places.js';
import { store } from '../store.js';
import { decimal, moment, words } from '../strings.js';

/** @type {Record<string, [string, string]>} */
const marks = { good: ['✓', words.healthGood], warning: ['!', words.healthWarning], bad: ['✕', words.healthBad] };

/** Where something is mended in this window, by the check's name. @type {Record<string, [string, string]>} */
const places = {
  settings: [words.healthDictation, 'dictation'],
  app: [words.healthDictation, 'dictation'],
  microphone: [words.healthMicrophones, 'microphones'],
  model: [words.healthModels, 'models'],
  recordings: [words.healthHistory, 'history'],
};

/** Whether something changed while the check ran. */
let stale = false;
/** Why a step to mend something was refused. @type {{id: string, message: string}|null} */
let refusal = null;

export function attach() {
  byId('check-again').addEventListener('click', () => void load());
  byId('copy-report').addEventListener('click', () => void copyReport());
}

export async function load() {
  if (store.state.checking) {
    stale = true;
    return;
  }
  store.set({ checking: true });
  try {
    do {
      stale = false;
      store.set({ report: await backend.doctor() });
    } while (stale);
  } catch (error) {
    store.set({ report: { checks: [{ id: 'doctor', name: words.healthTitle, state: 'bad', message: backend.trouble(error).message, nextStep: null }] } });
  } finally {
    store.set({ checking: false });
  }
}

export async function loadTimes() {
  // What cannot be read is told where the history is.
  store.set({ times: await backend.times().catch(() => []) });
}

async function copyReport() {
  const note = byId('note-report');
  byId('copy-report').disabled = true;
  try {
    await backend.copyReport();
    note.dataset.kind = 'saved';
    setText(note, words.copied);
  } catch (error) {
    note.dataset.kind = 'error';
    setText(note, backend.trouble(error).message);
  } finally {
    byId('copy-report').disabled = false;
  }
}

/** @param {import('../store.js').State} state */
export function render({ snapshot, report, checking, times }) {
  byId('check-again').disabled = checking;
  byId('checks').setAttribute('aria-busy', String(checking));
  const permissions = snapshot?.permissions;
  refill(byId('checks'), [report, report ? false : checking, permissions, refusal], () => {
    if (!report) return [el('li', { class: 'check help' }, words.healthChecking)];
    return report.checks.map((check) => checkRow(check, permissions));
  });
  // What is below waits, so that it does not move.
  byId('health-rest').hidden = !report;
  byId('times').hidden = !times?.length;
  byId('times-help').hidden = !times?.length;
  byId('times-none').hidden = times === null || times.length > 0;
  refill(byId('times'), times, () => timesRows(times ?? []));
  setText(byId('version'), snapshot ? words.version(snapshot.version, snapshot.system === 'macos' ? 'macOS' : 'Linux') : '');
}

/** @param {import('../types.js').Check} check @param {import('../types.js').Permissions|undefined} permissions */
function checkRow(check, permissions) {
  const [mark, meaning] = marks[check.state] ?? marks.bad;
  const text = el(
    'div',
    { class: 'grow' },
    el('p', { class: 'name', lang: 'en' }, el('span', { class: 'seen-not' }, `${meaning}: `), check.name),
    told(check.message),
  );
  if (check.nextStep) text.append(told(check.nextStep, { class: 'next' }));
  if (refusal?.id === check.id) text.append(told(refusal.message, { class: 'note', role: 'alert', 'data-kind': 'error' }));
  const row = el('li', { class: 'check', 'data-state': check.state, 'data-check': check.id }, el('span', { class: 'mark', 'aria-hidden': 'true' }, mark), text);
  const mend = check.state === 'good' ? null : mending(check.id, permissions);
  if (mend) {
    const button = el('button', { type: 'button', 'data-focus': `mend ${check.id}`, 'aria-label': words.healthMend(mend.label, check.name) }, mend.label);
    button.addEventListener('click', () => void doMend(check.id, mend.act));
    row.append(button);
  }
  return row;
}

/**
 * What a button beside a check says and does; null where only the user can mend it, as the check's next step says.
 * @param {string} id @param {import('../types.js').Permissions|undefined} permissions
 * @returns {{label: string, act: () => Promise<void>}|null}
 */
function mending(id, permissions) {
  if (id === 'unfinished') return { label: words.healthRecover, act: () => backend.recover().then(load) };
  if (id === 'place') return { label: words.placeButton, act: backend.showApplications };
  if (id.endsWith('-permission') && permissions) {
    const permission = /** @type {keyof import('../types.js').Permissions} */ (id.replace('-permission', ''));
    return nextStep(permission, permissions[permission]);
  }
  if (!places[id]) return null;
  const [label, place] = places[id];
  return { label, act: async () => go(place) };
}

/** @param {string} id @param {() => Promise<void>} act */
async function doMend(id, act) {
  refusal = await act().then(() => null, (error) => ({ id, message: backend.trouble(error).message }));
  store.set({});
}

/** @param {import('../types.js').Times[]} times */
function timesRows(times) {
  const head = [words.timesWhen, words.timesLength, words.timesText, words.timesOwn].map((title) => el('th', { scope: 'col' }, title));
  const rows = times.map((one) => el(
    'tr',
    {},
    el('th', { scope: 'row' }, moment(one.atMs)),
    el('td', {}, words.seconds(decimal(one.audioMs / 1000, 1))),
    el('td', {}, cell(one.releaseToTextMs)),
    el('td', {}, cell(one.ownOverheadMs)),
  ));
  return [el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...rows)];
}

/** @param {number|null} ms @returns {string|Node} */
function cell(ms) {
  if (ms !== null) return words.milliseconds(decimal(ms, 0));
  const dash = el('span', { 'aria-hidden': 'true' }, '–');
  return el('span', {}, dash, el('span', { class: 'seen-not' }, words.timesUnknown));
}
