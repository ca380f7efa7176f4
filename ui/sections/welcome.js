// The first run: three steps that can be left and are gone on with the next time.

import * as backend from '../backend.js';
import { byId, el, refill, setText, told } from '../dom.js';
import { nextStep } from '../permissions.js';
import { go } from '../places.js';
import { drawNote, save } from '../saving.js';
import { store } from '../store.js';
import { language, size, words } from '../strings.js';
import { getModel } from './model.js';

const KEY = 'welcome.step';
const DONE = 'done';
const STEPS = ['microphone', 'typing', 'dictation'];

/** @type {Record<string, [string, string]>} */
const texts = {
  microphone: [words.welcomeMicrophone, words.welcomeMicrophoneText],
  typing: [words.welcomeTyping, words.welcomeTypingText],
  dictation: [words.welcomeDictation, ''],
};

export function attach() {
  byId('welcome-next').addEventListener('click', () => void walk(1));
  byId('welcome-back').addEventListener('click', () => void walk(-1));
  byId('welcome-skip').addEventListener('click', () => void leave());
  byId('welcome-field').addEventListener('input', () => render(store.state));
}

/** @param {import('../types.js').Snapshot|null} snapshot */
export const isWanted = (snapshot) => Boolean(snapshot && !snapshot.problems.length && !snapshot.placeAdvice && snapshot.settings[KEY] !== DONE);

/** The step that was gone to here, even where it cannot be saved. @type {number|null} */
let here = null;

const current = () => here ?? Math.max(0, STEPS.indexOf(String(store.setting(KEY))));

/** @param {number} steps */
async function walk(steps) {
  const next = current() + steps;
  if (next >= STEPS.length) return leave();
  here = Math.max(0, next);
  void backend.endTrial();
  await keep(STEPS[here]);
  // After it is drawn.
  queueMicrotask(() => byId('welcome-title').focus());
}

async function leave() {
  void backend.endTrial();
  await keep(DONE);
  here = null;
  go('dictation');
}

/** Remembers how far it has come. That it did is no news. @param {string} step */
async function keep(step) {
  if (await save([KEY, step])) store.note(KEY, null);
}

/** @param {import('../store.js').State} state */
export function render({ place, snapshot, models, fetch }) {
  if (place !== 'welcome' || !snapshot) return;
  const at = current();
  const step = STEPS[at];
  const activation = String(store.setting('dictation.activation'));
  setText(byId('welcome-where'), words.welcomeWhere(at + 1, STEPS.length));
  setText(byId('welcome-title'), texts[step][0]);
  setText(byId('welcome-text'), step === 'dictation' ? words.howTo[activation](snapshot.status.hotkeyLabel) : texts[step][1]);
  for (const one of STEPS) byId(`welcome-${one}`).hidden = one !== step;
  byId('welcome-back').hidden = at === 0;
  setText(byId('welcome-next'), step === 'dictation' ? words.welcomeDone : words.welcomeNext);
  drawNote(KEY);
  if (step === 'microphone') drawPermissions('welcome-microphone-permission', [['microphone', words.welcomeNoMicrophone]], words.welcomeMicrophoneFree);
  if (step === 'typing') drawPermissions('welcome-typing-permission', [['typing', words.welcomeNoTyping], ['listening', words.permissionListening]], words.welcomeTypingFree);
  const works = byId('welcome-field').value.trim() !== '';
  setText(byId('welcome-works'), works ? words.welcomeWorks[activation](snapshot.status.hotkeyLabel) : '');
  drawOffer(snapshot, models, fetch);
}

/**
 * How things stand with permissions, each with the button that comes next; or the sentence that all is well.
 * @param {string} id @param {[string, string][]} wanted names, and what does not work without them @param {string} well
 */
function drawPermissions(id, wanted, well) {
  const permissions = /** @type {any} */ (store.state.snapshot?.permissions);
  const missing = wanted.filter(([name]) => ['not-asked', 'denied', 'stale', 'restricted'].includes(permissions[name]));
  refill(byId(id), [missing, missing.map(([name]) => permissions[name])], () => {
    if (!missing.length) return [el('p', { class: 'well' }, well)];
    return missing.map(([name, without]) => permission(name, permissions[name], without));
  });
}

/** @param {string} name @param {string} state @param {string} without */
function permission(name, state, without) {
  const notice = el('div', { class: 'notice', 'data-permission': name }, el('p', {}, state === 'stale' ? words.permissionStale : without));
  const step = nextStep(name, state);
  if (step) {
    const button = el('button', { type: 'button', 'data-focus': name }, step.label);
    button.addEventListener('click', () => void step.act().catch((error) => notice.append(told(backend.trouble(error).message))));
    notice.append(button);
  }
  return notice;
}

/**
 * The real model, which may arrive while the steps are taken.
 * @param {import('../types.js').Snapshot} snapshot @param {import('../types.js').Model[]|null} models
 * @param {import('../types.js').FetchState|null} fetch
 */
function drawOffer({ status }, models, fetch) {
  const real = realModel(models ?? []);
  const offers = real && !real.installed && (status.modelIsDemo || !status.model);
  byId('welcome-offer').hidden = !offers;
  if (!offers) return;
  const mine = fetch?.id === real.id ? fetch : null;
  const runs = mine !== null && !mine.finished;
  refill(byId('welcome-offer'), [real.id, status.model, runs, mine?.error], () => offer(real, status.model !== '', mine));
  const bar = byId('welcome-offer').querySelector('progress');
  if (bar && mine && mine.total > 0) {
    bar.max = mine.total;
    bar.value = mine.done;
  }
}

/** The one to begin with: for English alone, or for all languages. @param {import('../types.js').Model[]} models */
function realModel(models) {
  const wanted = store.setting('dictation.language');
  const isEnglish = wanted === 'en' || (wanted === 'auto' && language === 'en');
  const fits = models.filter((model) => !model.demo && (model.languages === 'en') === isEnglish);
  return fits.find((model) => model.recommended);
}

/** @param {import('../types.js').Model} model @param {boolean} hasDemo @param {import('../types.js').FetchState|null} fetch */
function offer(model, hasDemo, fetch) {
  const parts = [el('p', {}, hasDemo ? words.welcomeDemo : words.noModelNotice)];
  if (fetch && !fetch.finished) {
    parts.push(el('progress', { 'aria-label': words.modelProgress(model.name) }));
  } else {
    const button = el('button', { type: 'button', 'data-fetch': model.id, 'data-focus': 'get' }, words.welcomeGet(model.name, size(model.bytes)));
    button.addEventListener('click', () => void getModel(model.id));
    parts.push(button);
  }
  if (fetch?.error && fetch.error.code !== 'aborted') parts.push(told(fetch.error.message, { role: 'alert' }));
  return parts;
}
