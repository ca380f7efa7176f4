// What the window knows, in one place. Everything else reads it and is told when it changes.

/**
 * @typedef {import('./types.js').Snapshot} Snapshot
 * @typedef {{kind: 'saved'|'error', text: string}} Note
 *
 * @typedef {Object} State
 * @property {string} place the one that is shown: one of the five, or welcome, the first run
 * @property {Snapshot|null} snapshot
 * @property {import('./types.js').Microphone[]|null} microphones null until they are known
 * @property {import('./types.js').Model[]|null} models null until they are known
 * @property {import('./types.js').FetchState|null} fetch
 * @property {import('./types.js').Trial|null} trial of a microphone
 * @property {import('./types.js').Report|null} report
 * @property {import('./types.js').Times[]|null} times null until they are known
 * @property {import('./types.js').Dictation[]|null} dictations null until they are known
 * @property {boolean} moreDictations whether there are older ones
 * @property {boolean} checking whether the health check runs
 * @property {import('./types.js').Erased|null} erased what became of everything, once it was deleted
 * @property {Record<string, Note>} notes what to say beside a setting, by its dotted name
 */

class Store extends EventTarget {
  constructor() {
    super();
    /** @type {State} */
    this.state = { place: '', snapshot: null, microphones: null, models: null, fetch: null, trial: null, report: null, times: null, dictations: null, moreDictations: false, checking: false, erased: null, notes: {} };
  }

  /** Replaces the given parts and tells everybody. @param {Partial<State>} parts */
  set(parts) {
    this.state = { ...this.state, ...parts };
    this.dispatchEvent(new CustomEvent('change', { detail: Object.keys(parts) }));
  }

  /** Says something beside a setting, or nothing. @param {string} key @param {Note|null} note */
  note(key, note) {
    const notes = { ...this.state.notes };
    if (note) notes[key] = note;
    else delete notes[key];
    this.set({ notes });
  }

  /** The value of a setting; empty until the program has answered. @param {string} key */
  setting(key) {
    return this.state.snapshot?.settings[key] ?? '';
  }
}

export const store = new Store();
