// What doctor finds, each with its next step.

import * as backend from '../backend.js';
import { byId, el, refill } from '../dom.js';
import { store } from '../store.js';
import { en } from '../strings/en.js';

/** @type {Record<string, [string, string]>} */
const marks = { good: ['✓', en.healthGood], warning: ['!', en.healthWarning], bad: ['✕', en.healthBad] };

/** Whether something changed while the check ran. */
let stale = false;

export function attach() {
  byId('check-again').addEventListener('click', () => void load());
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
    store.set({ report: { checks: [{ id: 'doctor', name: en.healthTitle, state: 'bad', message: backend.trouble(error).message, nextStep: null }] } });
  } finally {
    store.set({ checking: false });
  }
}

/** @param {import('../store.js').State} state */
export function render({ report, checking }) {
  byId('check-again').disabled = checking;
  byId('checks').setAttribute('aria-busy', String(checking));
  refill(byId('checks'), [report, report ? false : checking], () => {
    if (!report) return [el('li', { class: 'check help' }, en.healthChecking)];
    return report.checks.map(checkRow);
  });
}

/** @param {import('../types.js').Check} check */
function checkRow(check) {
  const [mark, meaning] = marks[check.state] ?? marks.bad;
  const text = el(
    'div',
    {},
    el('p', { class: 'name' }, el('span', { class: 'seen-not' }, `${meaning}: `), check.name),
    el('p', {}, check.message),
  );
  if (check.nextStep) text.append(el('p', { class: 'next' }, check.nextStep));
  return el('li', { class: 'check', 'data-state': check.state, 'data-check': check.id }, el('span', { class: 'mark', 'aria-hidden': 'true' }, mark), text);
}
