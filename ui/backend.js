// The only module that speaks to the program. In a plain browser (index.html?fake) recorded answers stand in.

/**
 * @typedef {Object} Backend
 * @property {(command: string, args?: Record<string, unknown>) => Promise<any>} invoke
 * @property {(event: string, heard: (event: {payload: any}) => void) => Promise<unknown>} listen
 */

/** @returns {Promise<Backend>} */
async function open() {
  const tauri = /** @type {any} */ (window).__TAURI__;
  if (tauri) return { invoke: tauri.core.invoke, listen: tauri.event.listen };
  return (await import('./fake/backend.js')).fakeBackend();
}

const backend = open();

/** @param {string} command @param {Record<string, unknown>} [args] */
async function ask(command, args) {
  return (await backend).invoke(command, args);
}

/** @param {unknown} error @returns {import('./types.js').Trouble} */
export function trouble(error) {
  if (error && typeof error === 'object' && 'message' in error) {
    const { code = 'internal', message } = /** @type {any} */ (error);
    return { code, message: String(message) };
  }
  return { code: 'internal', message: String(error) };
}

/** @returns {Promise<import('./types.js').Snapshot>} */
export const snapshot = () => ask('snapshot');
/** @param {string} key @param {import('./types.js').Settings[string]} value @returns {Promise<void>} */
export const setSetting = (key, value) => ask('set_setting', { key, value });
/** @returns {Promise<import('./types.js').Microphone[]>} */
export const microphones = () => ask('microphones');
/** Hears the microphone for a while; the event `trial` tells how it goes. @returns {Promise<void>} */
export const tryMicrophone = () => ask('try_microphone');
/** @returns {Promise<void>} */
export const endTrial = () => ask('end_trial');
/** Plays what the last trial heard. @returns {Promise<void>} */
export const playTrial = () => ask('play_trial');
/** @returns {Promise<import('./types.js').Model[]>} */
export const models = () => ask('models');
/** @param {string} id @returns {Promise<void>} */
export const fetchModel = (id) => ask('fetch_model', { id });
/** @returns {Promise<void>} */
export const cancelFetch = () => ask('cancel_fetch');
/** @returns {Promise<import('./types.js').FetchState|null>} */
export const fetchState = () => ask('fetch_state');
/** Asks the user for a model file with the system's dialog and copies it. @param {string} title @returns {Promise<boolean>} whether the user chose one */
export const importModel = (title) => ask('import_model', { title });
/** Reads the whole file; takes seconds. @param {string} id @returns {Promise<void>} */
export const verifyModel = (id) => ask('verify_model', { id });
/** @param {string} id @returns {Promise<void>} */
export const removeModel = (id) => ask('remove_model', { id });
/** Of the last dictations. @returns {Promise<import('./types.js').Times[]>} */
export const times = () => ask('times');
/** @returns {Promise<void>} */
export const copyReport = () => ask('copy_report');
/** Recovers what a crash cut short; the status tells what comes of it. @returns {Promise<void>} */
export const recover = () => ask('recover');
/** @returns {Promise<import('./types.js').Report>} */
export const doctor = () => ask('doctor');
/** @param {string} permission @returns {Promise<void>} */
export const requestPermission = (permission) => ask('request_permission', { permission });
/** @param {string} permission @returns {Promise<void>} */
export const openPermissionSettings = (permission) => ask('open_permission_settings', { permission });
/** @param {boolean} on @returns {Promise<import('./types.js').LoginItem>} */
export const setLoginItem = (on) => ask('set_login_item', { on });
/** @returns {Promise<void>} */
export const openLoginItems = () => ask('open_login_items');
/** @returns {Promise<void>} */
export const showApplications = () => ask('show_applications');
/** @param {boolean} models whether they go as well @returns {Promise<import('./types.js').Erased>} */
export const erase = (models) => ask('erase', { models });
/** @returns {Promise<void>} */
export const quit = () => ask('quit');
/** @returns {Promise<void>} */
export const copyLastText = () => ask('copy_last_text');

/**
 * Remembered dictations, newest first: those before a number, or the newest.
 * @param {string} query @param {number|null} before @returns {Promise<import('./types.js').Dictation[]>}
 */
export const history = (query, before) => ask('history', { query, before });
/** @param {number} id @returns {Promise<void>} */
export const copyDictation = (id) => ask('copy_dictation', { id });
/** In place of what is being played. @param {number} id @returns {Promise<void>} */
export const playDictation = (id) => ask('play_dictation', { id });
/** With this model; the first text stays beside the new one. @param {number} id @param {string} model @returns {Promise<void>} */
export const recogniseAgain = (id, model) => ask('recognise_again', { id, model });
/** @returns {Promise<void>} */
export const stopPlaying = () => ask('stop_playing');
/** @param {number} id @returns {Promise<void>} */
export const deleteDictation = (id) => ask('delete_dictation', { id });
/** @returns {Promise<void>} */
export const deleteHistory = () => ask('delete_history');

/**
 * Calls back when something changed.
 * @param {{place: (name: string) => void, status: () => void, settings: () => void, history: () => void, fetch: (state: import('./types.js').FetchState) => void, trial: (trial: import('./types.js').Trial) => void}} heard
 */
export async function onChange({ place, status, settings, history, fetch, trial }) {
  const { listen } = await backend;
  await Promise.all([
    listen('place', ({ payload }) => place(payload)),
    listen('status', status),
    listen('settings', settings),
    listen('history', history),
    listen('fetch', ({ payload }) => fetch(payload)),
    listen('trial', ({ payload }) => trial(payload)),
  ]);
}
