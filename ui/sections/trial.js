// Trying the microphone out: a level that moves, and what was heard to listen to. Shown wherever the page has a place for it.

import * as backend from '../backend.js';
import { setText } from '../dom.js';
import { store } from '../store.js';
import { words } from '../strings.js';

/** What the meter shows, in dBFS: from a quiet room to a voice that is nearly too loud. */
const FROM = -60;
const TO = -10;

/** After so many ms without a voice it is said. */
const SILENT_MS = 2500;

/** Why the last press of a button was refused. */
let refusal = '';

/** @returns {HTMLElement[]} */
const places = () => [...document.querySelectorAll('[data-trial]')].map((place) => /** @type {HTMLElement} */ (place));

/** @param {Element} place @param {string} part @returns {any} */
const part = (place, part) => place.querySelector(`[data-part="${part}"]`);

export function attach() {
  for (const place of places()) {
    part(place, 'try').addEventListener('click', () => void press(store.state.trial?.isListening ? backend.endTrial : backend.tryMicrophone));
    part(place, 'play').addEventListener('click', () => void press(store.state.trial?.isPlaying ? backend.stopPlaying : backend.playTrial));
    part(place, 'level').setAttribute('aria-label', words.trialLevel);
  }
}

/** @param {() => Promise<void>} deed */
async function press(deed) {
  refusal = await deed().then(() => '', (error) => backend.trouble(error).message);
  render(store.state);
}

/** @param {import('../store.js').State} state */
export function render({ trial }) {
  const shown = places().filter((place) => !place.closest('[hidden]'));
  // Nobody looks any more.
  if (trial?.isListening && !shown.length) void backend.endTrial();
  for (const place of shown) {
    setText(part(place, 'try'), trial?.isListening ? words.trialStop : trial?.heardMs ? words.trialAgain : words.trialStart);
    setText(part(place, 'play'), trial?.isPlaying ? words.trialStopPlaying : words.trialPlay);
    part(place, 'play').hidden = !trial?.heardMs || trial.isListening;
    part(place, 'level').value = share(trial?.levelDbfs ?? null);
    const note = part(place, 'note');
    note.dataset.kind = refusal || trial?.error || isSilent(trial) ? 'error' : '';
    setText(note, refusal || sentence(trial));
  }
}

/** @param {import('../types.js').Trial|null} trial */
const isSilent = (trial) => Boolean(trial && !trial.isHeard && (trial.heardMs > SILENT_MS || (!trial.isListening && trial.heardMs)));

/** @param {import('../types.js').Trial|null} trial */
function sentence(trial) {
  if (!trial) return '';
  if (trial.error) return trial.error.message;
  if (isSilent(trial)) return words.trialSilent;
  if (!trial.isListening) return trial.heardMs ? words.trialOver : '';
  if (!trial.microphone) return words.trialOpening;
  return trial.isHeard ? words.trialHeard(trial.microphone) : words.trialSpeak(trial.microphone);
}

/** 0 to 1. @param {number|null} dbfs */
const share = (dbfs) => (dbfs === null ? 0 : Math.min(1, Math.max(0, (dbfs - FROM) / (TO - FROM))));
