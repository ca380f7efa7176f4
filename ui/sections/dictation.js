// Hotkey and what it does, language, vocabulary, ending, delivery, Escape, sounds, notifications, the panel.

import { byId, el, refill, setText } from '../dom.js';
import { chordOf, modifierAlone, modifiersOf, systemUse } from '../hotkey.js';
import { drawNote, save } from '../saving.js';
import { store } from '../store.js';
import { languageName, words } from '../strings.js';

const HOTKEY = 'dictation.hotkey';
const VOCABULARY = 'dictation.vocabulary';
const SWITCHES = ['escape', 'sound', 'notifications', 'hud'];
const CHOICES = ['activation', 'ending', 'delivery', 'hud-position', 'hud-size'];

let recording = false;
/** The only key that was pressed since recording began, or since all keys were up. @type {string | null} */
let only = null;
/** Fields whose text the user has changed and not saved yet. */
const edited = new Set();

export function attach() {
  const hotkey = byId('hotkey');
  hotkey.addEventListener('input', () => edited.add(HOTKEY));
  hotkey.addEventListener('change', () => void saveText(HOTKEY, hotkey.value.trim()));
  byId('record').addEventListener('click', () => record(!recording));
  byId('record').addEventListener('blur', () => record(false));
  window.addEventListener('keydown', heardKey, true);
  window.addEventListener('keyup', heardKeyUp, true);

  const vocabulary = byId('vocabulary');
  vocabulary.addEventListener('input', () => edited.add(VOCABULARY));
  vocabulary.addEventListener('change', () => void saveText(VOCABULARY, vocabulary.value));

  for (const id of ['language', ...CHOICES]) {
    const select = byId(id);
    select.addEventListener('change', () => void save([select.dataset.setting, select.value]));
  }
  for (const id of SWITCHES) {
    const input = byId(id);
    input.addEventListener('change', () => void save([input.dataset.setting, input.checked]));
  }
}

/** @param {string} key @param {string} value */
async function saveText(key, value) {
  // A refused text stays in its field, so that it can be mended.
  edited.add(key);
  if (await save([key, value])) edited.delete(key);
  render(store.state);
}

/** @param {boolean} on */
function record(on) {
  if (recording === on) return;
  recording = on;
  only = null;
  if (on) {
    edited.delete(HOTKEY);
    store.note(HOTKEY, null);
  }
  render(store.state);
}

/** @param {KeyboardEvent} event */
function showHeld(event) {
  byId('hotkey').value = modifiersOf(event) || words.hotkeyPress;
}

/** @param {KeyboardEvent} event */
function heardKey(event) {
  if (!recording) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.repeat) return;
  if (event.code === 'Escape' && !modifiersOf(event)) {
    record(false);
    return;
  }
  only = only === null ? event.code : '';
  const chord = chordOf(event);
  if (chord) recorded(chord);
  else showHeld(event);
}

/** @param {KeyboardEvent} event */
function heardKeyUp(event) {
  if (!recording) return;
  const alone = only === event.code && modifierAlone(event.code);
  if (!modifiersOf(event)) only = null;
  if (alone) recorded(alone);
  else showHeld(event);
}

/** @param {string} hotkey */
function recorded(hotkey) {
  record(false);
  byId('hotkey').value = hotkey;
  void saveText(HOTKEY, hotkey);
}

/** @param {import('../store.js').State} state */
export function render({ snapshot, models }) {
  if (!snapshot) return;
  const hotkey = byId('hotkey');
  hotkey.readOnly = recording;
  if (recording) {
    if (!hotkey.value.endsWith('+')) hotkey.value = words.hotkeyPress;
  } else if (!edited.has(HOTKEY)) {
    hotkey.value = store.setting(HOTKEY);
  }
  const use = systemUse(String(store.setting(HOTKEY)), snapshot.system);
  setText(byId('hotkey-conflict'), use ? words.hotkeyConflict(words.hotkeyUses[use]) : '');
  setText(byId('record'), recording ? words.hotkeyStop : words.hotkeyRecord);
  byId('record').setAttribute('aria-pressed', String(recording));

  const language = byId('language');
  refill(language, snapshot.languages, () => languageOptions(snapshot.languages));
  language.value = store.setting('dictation.language');
  const current = models?.find((m) => m.current);
  const englishOnly = current?.languages === 'en';
  const unheard = englishOnly && language.value !== 'en';
  byId('language-help').hidden = !unheard;
  setText(byId('language-help'), unheard ? words.languageEnglishOnly : '');

  if (!edited.has(VOCABULARY)) byId('vocabulary').value = store.setting(VOCABULARY);
  for (const id of CHOICES) byId(id).value = store.setting(byId(id).dataset.setting);
  for (const id of SWITCHES) byId(id).checked = store.setting(byId(id).dataset.setting) === true;

  for (const id of ['hotkey', 'language', 'vocabulary', ...CHOICES, ...SWITCHES]) {
    drawNote(byId(id).dataset.setting, byId(id));
  }
}

/** @param {string[]} codes */
function languageOptions(codes) {
  const named = codes.map((code) => ({ code, name: languageName(code) }));
  named.sort((a, b) => a.name.localeCompare(b.name));
  return [
    el('option', { value: 'auto' }, words.languageAuto),
    el('hr'),
    ...named.map(({ code, name }) => el('option', { value: code }, name)),
  ];
}
