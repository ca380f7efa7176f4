// The window's five places and the first run, of which one is shown at a time: the sidebar, and who may ask for a place. A place is asked
// for by the end of the address (index.html#health), by the program, and by the user, whose last choice is remembered.

import { byId } from './dom.js';
import { store } from './store.js';
import { words } from './strings.js';

const MEMORY = 'place';
/** The first run: a place that nobody comes back to by himself. */
const WELCOME = 'welcome';

/** @returns {HTMLButtonElement[]} in the order of the sidebar */
const buttons = () => [...document.querySelectorAll('button[data-place]')].map((button) => /** @type {HTMLButtonElement} */ (button));

/** @param {string} place */
const exists = (place) => panels().some((panel) => panel.dataset.panel === place);

/** @returns {HTMLElement[]} */
const panels = () => [...document.querySelectorAll('[data-panel]')].map((panel) => /** @type {HTMLElement} */ (panel));

export function attach() {
  byId('sidebar').setAttribute('aria-label', words.places);
  for (const button of buttons()) button.addEventListener('click', () => go(button.dataset.place ?? ''));
  byId('places').addEventListener('keydown', walk);
  window.addEventListener('hashchange', () => go(location.hash.slice(1)));
}

/** Shows the first place. @param {boolean} isFirstRun whether that comes before all but what was asked for */
export function begin(isFirstRun) {
  if (store.state.place) return;
  const first = [location.hash.slice(1), isFirstRun ? WELCOME : recall()].find((place) => place && exists(place));
  store.set({ place: first ?? 'dictation' });
}

/** Shows a place and puts the keyboard at its beginning. Does nothing for a place that does not exist. @param {string} place */
export function go(place) {
  if (!exists(place)) return;
  show(place);
  // After it is drawn: what is hidden takes no focus.
  queueMicrotask(() => /** @type {HTMLElement|null} */ (document.querySelector(`[data-panel="${place}"] h1`))?.focus({ preventScroll: true }));
}

/** @param {string} place */
function show(place) {
  if (place === store.state.place) return;
  store.set({ place });
  window.scrollTo(0, 0);
  if (place === WELCOME) return;
  try {
    localStorage.setItem(MEMORY, place);
  } catch {
    // Then it is not remembered.
  }
}

function recall() {
  try {
    return localStorage.getItem(MEMORY);
  } catch {
    return null;
  }
}

/** The arrows walk through the sidebar and show what they come to. @param {KeyboardEvent} event */
function walk(event) {
  const all = buttons();
  const at = all.indexOf(/** @type {any} */ (document.activeElement));
  /** @type {Record<string, number>} */
  const steps = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 };
  const next = all[steps[event.key] ?? -1];
  if (at < 0 || !next) return;
  event.preventDefault();
  next.focus();
  show(next.dataset.place ?? '');
}

/** @param {import('./store.js').State} state */
export function render({ place }) {
  for (const button of buttons()) {
    if (button.dataset.place === place) button.setAttribute('aria-current', 'page');
    else button.removeAttribute('aria-current');
  }
  for (const panel of panels()) panel.hidden = panel.dataset.panel !== place;
}
