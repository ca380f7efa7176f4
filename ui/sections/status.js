// What Tawk is doing, and what needs attention.

import * as backend from '../backend.js';
import { byId, el, refill, setText } from '../dom.js';
import { en } from '../strings/en.js';

/** @type {Record<string, string>} */
const states = {
  idle: en.stateIdle,
  connecting: en.stateConnecting,
  listening: en.stateListening,
  working: en.stateWorking,
  trouble: en.stateTrouble,
};

export function attach() {
  byId('copy-last').addEventListener('click', async () => {
    const note = byId('copy-note');
    try {
      await backend.copyLastText();
      note.dataset.kind = 'saved';
      setText(note, en.copied);
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
  let text = status ? states[status.state] : en.stateUnknown;
  if (status?.state === 'idle' && status.loadingPercent !== null) text = en.loading(status.loadingPercent);
  if (status?.waiting) text = `${text} ${en.waiting(status.waiting.speechSeconds, status.waiting.readyInSeconds)}`;
  setText(byId('state'), text);
  setText(byId('how-to'), status ? en.howTo(status.hotkeyLabel) : '');
  byId('copy-last').hidden = !status?.hasLastText;
  if (!status?.hasLastText) setText(byId('copy-note'), '');
  setText(byId('version'), snapshot ? en.version(snapshot.version) : '');
  if (snapshot) {
    const some = models?.some((model) => model.installed) ?? false;
    refill(byId('notices'), [noticesOf(snapshot), some], () => notices(snapshot, some));
  }
}

/** @param {import('../types.js').Snapshot} snapshot */
function noticesOf({ status, problems, permissions, placeAdvice }) {
  return [status.trouble, status.notice, status.note, status.modelIsDemo, status.model, problems, permissions, placeAdvice];
}

/** @param {import('../types.js').Snapshot} snapshot @param {boolean} someModel whether any model is installed */
function notices({ status, problems, permissions, placeAdvice }, someModel) {
  const all = [];
  if (placeAdvice) all.push(placeNotice(placeAdvice));
  if (status.trouble) {
    all.push(el('div', { class: 'notice', role: 'alert', 'data-trouble': status.trouble.code }, el('p', {}, status.trouble.message)));
  }
  if (status.notice) all.push(el('div', { class: 'notice', role: 'status', 'data-notice': '' }, el('p', {}, status.notice)));
  if (status.note) {
    all.push(el('div', { class: 'notice', role: 'status', 'data-note': status.note.code }, el('p', {}, status.note.message)));
  }
  for (const [permission, sentence] of /** @type {const} */ ([
    ['microphone', en.permissionMicrophone],
    ['typing', en.permissionTyping],
    ['listening', en.permissionListening],
  ])) {
    const stale = permissions[permission] === 'stale';
    const notice = permissionNotice(permission, permissions[permission], stale ? en.permissionStale : sentence);
    if (notice) all.push(notice);
  }
  if (problems.length) {
    const list = el('ul', {}, ...problems.map((p) => el('li', {}, el('strong', {}, p.key), ' – ', p.message)));
    all.push(el('div', { class: 'notice', 'data-notice': 'problems' }, el('p', {}, el('strong', {}, en.problemsTitle)), list));
  }
  if (status.modelIsDemo || !status.model) {
    const button = el('button', { type: 'button', 'data-action': 'show-models', 'data-focus': 'show-models' }, en.demoButton);
    button.addEventListener('click', () => {
      byId('model').scrollIntoView({ block: 'start' });
      byId('model-title').focus({ preventScroll: true });
    });
    const text = status.model ? en.demoNotice : someModel ? en.noModelForLanguageNotice : en.noModelNotice;
    all.push(el('div', { class: 'notice', 'data-notice': 'demo' }, el('p', {}, text), button));
  }
  return all;
}

/** @param {string} advice */
function placeNotice(advice) {
  const button = el('button', { type: 'button', 'data-action': 'show-applications', 'data-focus': 'place' }, en.placeButton);
  const notice = el('div', { class: 'notice', role: 'alert', 'data-notice': 'place' }, el('p', {}, advice), button);
  button.addEventListener('click', async () => {
    await backend.showApplications().catch((error) => notice.append(el('p', {}, backend.trouble(error).message)));
  });
  return notice;
}

/** @param {string} permission @param {string} state @param {string} sentence */
function permissionNotice(permission, state, sentence) {
  if (!['not-asked', 'denied', 'stale', 'restricted'].includes(state)) return null;
  const notice = el('div', { class: 'notice', 'data-permission': permission }, el('p', {}, sentence));
  if (state !== 'restricted') {
    const asks = state !== 'denied';
    const label = state === 'stale' ? en.permissionRepair : asks ? en.permissionAsk : en.permissionOpen;
    const button = el('button', { type: 'button', 'data-focus': permission }, label);
    button.addEventListener('click', async () => {
      const act = asks ? backend.requestPermission : backend.openPermissionSettings;
      await act(permission).catch((error) => notice.append(el('p', {}, backend.trouble(error).message)));
    });
    notice.append(button);
  }
  return notice;
}
