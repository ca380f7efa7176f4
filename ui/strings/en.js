// Every word that this window says by itself. Sentences about errors come from the program.

export const en = {
  windowTitle: 'Tawk Settings',

  // Status
  stateIdle: 'Ready',
  stateConnecting: 'Opening the microphone…',
  stateListening: 'Listening',
  stateWorking: 'Writing…',
  stateTrouble: 'Needs attention',
  stateUnknown: 'Starting…',
  /** @param {number} percent */
  loading: (percent) => `Loading the model: ${percent} %`,
  /** @param {string} hotkey */
  howTo: (hotkey) => `Hold ${hotkey}, speak, and let go. Or tap it once to start and once more to stop.`,
  /** @param {number} speech @param {number|null} ready */
  waiting: (speech, ready) => (ready === null ? `${speech} s of speech wait` : `${speech} s of speech wait, ready in about ${ready} s`),
  copyLastText: 'Copy Last Text',
  copied: 'Copied.',
  demoNotice: 'This is the demo model: it knows only a few words. Get a real model to dictate freely.',
  demoButton: 'Get a Real Model',
  noModelForLanguageNotice: 'No installed model hears this language. Get one that does, or choose another language.',
  noModelNotice: 'There is no model yet. Get one to begin.',
  problemsTitle: 'Some settings cannot be used',

  placeButton: 'Open Applications Folder',

  // Permissions
  permissionMicrophone: 'Tawk may not use the microphone.',
  permissionTyping: 'Tawk may not type into other apps.',
  permissionListening: 'Tawk may not hear its hotkey, which is one key. Accessibility, which typing needs, is enough; for the key alone, allow Input Monitoring.',
  permissionStale: 'The system says that Tawk is allowed, but does not let it work: the permission belongs to another copy of Tawk.',
  permissionRepair: 'Repair',
  permissionAsk: 'Allow…',
  permissionOpen: 'Open System Settings',

  // Dictation
  dictationTitle: 'Dictation',
  hotkeyLabel: 'Hotkey',
  hotkeyHelp: 'Record it, or type it, as Ctrl+Alt+Space or RightOption, and press Return.',
  hotkeyRecord: 'Record',
  hotkeyStop: 'Cancel',
  hotkeyPress: 'Press the keys…',
  languageLabel: 'Language',
  languageAuto: 'Detect automatically',
  languageEnglishOnly: 'The model in use hears English only.',
  vocabularyLabel: 'Names and words',
  vocabularyHelp: 'Words that Tawk should expect, such as names of people and products.',
  endingLabel: 'After the text, add',
  endingSpace: 'A space',
  endingNewline: 'A line break',
  endingNone: 'Nothing',
  deliveryLabel: 'After a tap, type',
  deliveryHelp: 'Phrases go to the window in which you began them. While you hold the hotkey, all is typed when you let go.',
  deliveryRelease: 'All at the end',
  deliveryPhrases: 'Phrase by phrase',
  escapeLabel: 'Escape cancels a dictation',
  soundLabel: 'Play a sound at start and stop',
  notificationsLabel: 'Notify me when a dictation fails',

  // Microphone
  microphoneTitle: 'Microphone',
  microphoneDefault: 'System Default',
  /** @param {string} name */
  microphoneDefaultNow: (name) => `Now: ${name}`,
  microphoneHelp: 'The first of these that is connected is used. When it is lost while you speak, the next one takes over.',
  microphoneAway: 'Not connected',
  microphoneFirst: 'Is used',
  microphoneAdd: 'Add',
  microphoneOthers: 'Other microphones',
  bluetoothAdvice: 'A Bluetooth headset sounds like a telephone while its microphone is in use. Put the built-in microphone first: you can speak into that and go on listening with the headset.',
  bluetoothDismiss: 'Do not show again',
  /** @param {string} name */
  microphoneAddThis: (name) => `Add ${name} and use it first`,
  /** @param {string} name */
  microphoneUp: (name) => `Move ${name} up`,
  /** @param {string} name */
  microphoneDown: (name) => `Move ${name} down`,
  /** @param {string} name */
  microphoneRemove: (name) => `Remove ${name}`,
  microphoneNone: 'No microphone is connected. Connect one and refresh.',
  microphoneRefresh: 'Refresh',
  microphoneLooking: 'Looking for microphones…',

  // Model
  modelTitle: 'Model',
  modelAuto: 'Automatic',
  modelAutoHelp: 'The best model that is installed',
  modelFile: 'A file of your own',
  modelLooking: 'Looking for models…',
  modelDemo: 'Demo vocabulary only – get a real model',
  modelRecommended: 'Recommended',
  modelCurrent: 'In use',
  modelInstalled: 'Installed',
  modelDamaged: 'damaged; get it again',
  modelPartial: 'partly downloaded',
  /** @param {number} count */
  modelLanguages: (count) => `${count} languages`,
  modelShowAll: 'Show All Models',
  modelShowFewer: 'Show Fewer Models',
  modelGet: 'Get',
  /** @param {string} name */
  modelGetLabel: (name) => `Get ${name}`,
  modelCancel: 'Cancel',
  /** @param {string} name */
  modelProgress: (name) => `Getting ${name}`,
  /** @param {string} done @param {string} total */
  modelSoFar: (done, total) => `${done} of ${total}`,
  modelPrivacy: 'Getting a model is the only time Tawk uses the network. What you say stays on this machine.',

  // General
  generalTitle: 'General',
  loginItemLabel: 'Start Tawk when you log in',
  loginItemOpen: 'Open Login Items',
  eraseLabel: 'Everything Tawk has written',
  eraseButton: 'Delete Everything…',
  eraseQuestion: 'This deletes recordings, history, settings, logs and the start at login. It cannot be undone. Tawk stops working and must be quit.',
  eraseModels: 'Delete the models as well',
  eraseNo: 'Keep Everything',
  eraseYes: 'Delete Everything',
  erasedTitle: 'Everything Is Deleted',
  erasedNotAll: 'Not Everything Could Be Deleted',
  erasedRemoved: 'Deleted:',
  erasedFailed: 'Could not be deleted:',
  erasedNothing: 'There was nothing to delete.',
  eraseQuit: 'Quit Tawk',
  // History
  historyTitle: 'History',
  historyEnabled: 'Remember what I dictate',
  historyAudio: 'Keep the recordings too',
  historyDays: 'Days to keep',
  historyCount: 'Dictations to keep',
  historyMegabytes: 'Megabytes of recordings to keep',
  historyLimits: '0 keeps all. Texts and recordings stay on this machine, where only you can read them.',
  historyNumber: 'This must be a whole number.',
  historySearch: 'Search the history',
  historyPlaceholder: 'Search',
  historyNone: 'Nothing is remembered yet.',
  historyNotFound: 'Nothing was found.',
  historyOff: 'Nothing is remembered from now on. What is there stays until you delete it.',
  historyMore: 'Show Older',
  historyCopy: 'Copy',
  historyDelete: 'Delete',
  historyDeleteAll: 'Delete All…',
  historySure: 'Delete for Good',
  historyKeep: 'Keep',
  /** @param {string} what @param {string} text */
  historyLabel: (what, text) => `${what}: ${text}`,
  historyNoText: 'No text',
  /** @param {string} text */
  historyUntyped: (text) => `Not typed: ${text}`,
  /** @param {string} text */
  historyWithheld: (text) => `Left out, probably not said: ${text}`,
  /** @param {string} text */
  historyFirst: (text) => `Recognised at first: ${text}`,
  /** @type {Record<string, string>} */
  historyFates: {
    held: 'Not typed', cancelled: 'Cancelled', failed: 'Failed', locked: 'The screen was locked', quit: 'Tawk was quit', 'nothing-heard': 'No voice heard',
  },

  // Health
  healthTitle: 'Health',
  healthAgain: 'Check Again',
  healthChecking: 'Checking…',
  healthGood: 'Good',
  healthWarning: 'Warning',
  healthBad: 'Problem',

  saved: 'Saved',
  /** @param {string} version */
  version: (version) => `Tawk ${version}`,
};

/** Names of languages that browsers do not know, or know by another code. @type {Record<string, string>} */
const languageNames = { jw: 'Javanese', haw: 'Hawaiian', yue: 'Cantonese', ht: 'Haitian Creole', lb: 'Luxembourgish' };

/** @param {string} code */
export function languageName(code) {
  if (languageNames[code]) return languageNames[code];
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** Bytes as people write them. @param {number} bytes */
export function size(bytes) {
  if (bytes >= 999_500_000) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 950_000) return `${Math.round(bytes / 1e6)} MB`;
  return `${Math.ceil(bytes / 1e3)} kB`;
}
