// What Tawk is doing, and what needs attention.

import * as backend from '../backend.js';
import { byId, el, refill, setText, told } from '../dom.js';
import { nextStep } from '../permissions.js';
import { go } from '../places.js';
import { store } from '../store.js';
import { words } from '../strings.js';

/** @type {Record<string, string>} */
const states = {
  idle: words.stateIdle,
  connecting: words.stateConnecting,
  listening: words.stateListening,
  working: words.stateWorking,
  trouble: words.stateTrouble,
};

export function attach() {
  byId('copy-last').addEventListener('click', async () => {
    const note = byId('copy-note');
    try {
      await backend.copyLastText();
      note.dataset.kind = 'saved';
      setText(note, words.copied);
    } catch (error) {
      note.dataset.kind = 'error';
      setText(note, backend.trouble(error).message);
    }
  });
}

/** @param {import('../store.js').State} state */
export function render({ snapshot, models }) {
  const status = snapshot?.status;
  /** @type {any} */ (document.querySelector('.status')).dataset.state = status?.state ?? '';
  let text = status ? states[status.state] : words.stateUnknown;
  if (status?.state === 'idle' && status.loadingPercent !== null) text = words.loading(status.loadingPercent);
  if (status?.waiting) text = `${text} ${words.waiting(status.waiting.speechSeconds, status.waiting.readyInSeconds)}`;
  setText(byId('state'), text);
  setText(byId('how-to'), status ? words.howTo[String(store.setting('dictation.activation'))](status.hotkeyLabel) : '');
  byId('copy-last').hidden = !status?.hasLastText;
  if (!status?.hasLastText) setText(byId('copy-note'), '');
  if (snapshot) {
    // The second is seen during the first run, the first otherwise.
    for (const id of ['now', 'welcome-now']) refill(byId(id), nowOf(snapshot), () => now(snapshot));
    const some = models?.some((model) => model.installed) ?? false;
    refill(byId('notices'), [noticesOf(snapshot), some], () => notices(snapshot, some));
  }
}

/** @param {import('../types.js').Snapshot} snapshot */
const nowOf = ({ status }) => [status.trouble, status.notice, status.note];

/** What happens now, said in every place. @param {import('../types.js').Snapshot} snapshot */
function now({ status }) {
  const all = [];
  if (status.trouble) all.push(el('div', { class: 'notice', role: 'alert', 'data-trouble': status.trouble.code }, told(status.trouble.message)));
  if (status.notice) all.push(el('div', { class: 'notice', role: 'status', 'data-notice': '' }, told(status.notice)));
  if (status.note) all.push(el('div', { class: 'notice', role: 'status', 'data-note': status.note.code }, told(status.note.message)));
  return all;
}

/** @param {import('../types.js').Snapshot} snapshot */
function noticesOf({ status, problems, permissions, placeAdvice }) {
  return [status.modelIsDemo, status.model, problems, permissions, placeAdvice];
}

/** What is to be set up or mended. @param {import('../types.js').Snapshot} snapshot @param {boolean} someModel whether any model is installed */
function notices({ status, problems, permissions, placeAdvice }, someModel) {
  const all = [];
  if (placeAdvice) all.push(placeNotice(placeAdvice));
  for (const [permission, sentence] of /** @type {const} */ ([
    ['microphone', words.permissionMicrophone],
    ['typing', words.permissionTyping],
    ['listening', words.permissionListening],
  ])) {
    const stale = permissions[permission] === 'stale';
    const notice = permissionNotice(permission, permissions[permission], stale ? words.permissionStale : sentence);
    if (notice) all.push(notice);
  }
  if (problems.length) {
    const list = el('ul', {}, ...problems.map((p) => el('li', { lang: 'en' }, el('strong', {}, p.key), ' – ', p.message)));
    all.push(el('div', { class: 'notice', 'data-notice': 'problems' }, el('p', {}, el('strong', {}, words.problemsTitle)), list));
  }
  if (status.modelIsDemo || !status.model) {
    const button = el('button', { type: 'button', 'data-action': 'show-models', 'data-focus': 'show-models' }, words.demoButton);
    button.addEventListener('click', () => go('models'));
    const text = status.model ? words.demoNotice : someModel ? words.noModelForLanguageNotice : words.noModelNotice;
    all.push(el('div', { class: 'notice', 'data-notice': 'demo' }, el('p', {}, text), button));
  }
  return all;
}

/** @param {string} advice */
function placeNotice(advice) {
  const button = el('button', { type: 'button', 'data-action': 'show-applications', 'data-focus': 'place' }, words.placeButton);
  const notice = el('div', { class: 'notice', role: 'alert', 'data-notice': 'place' }, told(advice), button);
  button.addEventListener('click', async () => {
    await backend.showApplications().catch((error) => notice.append(told(backend.trouble(error).message)));
  });
  return notice;
}

/** @param {string} permission @param {string} state @param {string} sentence */
function permissionNotice(permission, state, sentence) {
  if (!['not-asked', 'denied', 'stale', 'restricted'].includes(state)) return null;
  const notice = el('div', { class: 'notice', 'data-permission': permission }, el('p', {}, sentence));
  const step = nextStep(permission, state);
  if (step) {
    const button = el('button', { type: 'button', 'data-focus': permission }, step.label);
    button.addEventListener('click', () => void step.act().catch((error) => notice.append(told(backend.trouble(error).message))));
    notice.append(button);
  }
  return notice;
}
