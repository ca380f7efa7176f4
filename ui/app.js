// Starts the window: asks the program, keeps the store true, draws what is in it.

import * as backend from './backend.js';
import { fillStrings } from './dom.js';
import * as places from './places.js';
import { store } from './store.js';
import * as dictation from './sections/dictation.js';
import * as erasing from './sections/erasing.js';
import * as general from './sections/general.js';
import * as health from './sections/health.js';
import * as history from './sections/history.js';
import * as microphone from './sections/microphone.js';
import * as model from './sections/model.js';
import * as more from './sections/more.js';
import * as status from './sections/status.js';
import * as trial from './sections/trial.js';
import * as welcome from './sections/welcome.js';

const sections = [places, status, dictation, microphone, model, more, history, general, erasing, health, welcome, trial];

/** What is to be drawn. @type {Set<{render: (state: import('./store.js').State) => void}>} */
const waiting = new Set();
store.addEventListener('change', (event) => {
  // Several changes in one turn are drawn once.
  if (!waiting.size) queueMicrotask(draw);
  // A level changes 20 times a second, and nothing with it.
  const isLevel = /** @type {CustomEvent} */ (event).detail.join() === 'trial';
  for (const section of isLevel ? [trial] : sections) waiting.add(section);
});

function draw() {
  const now = sections.filter((section) => waiting.has(section));
  waiting.clear();
  for (const section of now) section.render(store.state);
}

async function refresh() {
  store.set({ snapshot: await backend.snapshot() });
}

fillStrings();
for (const section of sections) section.attach();
await backend.onChange({
  place: places.go,
  status: () => void refresh(),
  settings: () => void Promise.all([refresh(), model.load(), health.load()]),
  fetch: (fetch) => store.set({ fetch }),
  trial: (trial) => store.set({ trial }),
  history: () => void Promise.all([history.load(), health.loadTimes()]),
});
const slow = [microphone.load(), health.load()];
await Promise.all([refresh(), model.load(), health.loadTimes(), history.load()]);
// Not before, so that nothing moves while it fills.
places.begin(welcome.isWanted(store.state.snapshot));
await Promise.all(slow);

// Devices and permissions change while another window is in front.
window.addEventListener('focus', () => void Promise.all([refresh(), microphone.load()]));
