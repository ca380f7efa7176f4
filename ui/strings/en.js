// Every word that this window says by itself. Sentences about errors come from the program.

export const en = {
  windowTitle: 'Tawk Settings',
  places: 'Settings',

  // Status
  stateIdle: 'Ready',
  stateConnecting: 'Opening the microphone…',
  stateListening: 'Listening',
  stateWorking: 'Writing…',
  stateTrouble: 'Needs attention',
  stateUnknown: 'Starting…',
  /** @param {number} percent */
  loading: (percent) => `Loading the model: ${percent} %`,
  /** @type {Record<string, (hotkey: string) => string>} */
  howTo: {
    'hold-or-tap': (hotkey) => `Hold ${hotkey}, speak, and let go. Or tap it once to start and once more to stop.`,
    hold: (hotkey) => `Hold ${hotkey}, speak, and let go.`,
    tap: (hotkey) => `Press ${hotkey}, speak, and press it again.`,
  },
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
  hotkeyHelp: 'Record it, or type it, as Ctrl+Shift+Space or RightOption, and press Return.',
  hotkeyRecord: 'Record',
  hotkeyStop: 'Cancel',
  /** @param {string} use */
  hotkeyConflict: (use) => `The system uses this for ${use}, and Tawk may not hear it. Choose another, or change it in the system’s settings.`,
  /** @type {Record<string, string>} */
  hotkeyUses: {
    search: 'searching', layout: 'switching the keyboard layout', emoji: 'emoji and symbols', windows: 'switching windows', desktops: 'switching desktops',
    pictures: 'screenshots', quit: 'quitting', dock: 'hiding the Dock', lock: 'locking the screen', globe: 'what the Globe key does', terminal: 'opening a terminal',
  },
  hotkeyPress: 'Press the keys…',
  activationLabel: 'How the hotkey works',
  activationHoldOrTap: 'Hold it, or tap it',
  activationHold: 'Hold it',
  activationTap: 'Press it to start and to stop',
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
  volumeLabel: 'Volume of the sound',
  notificationsLabel: 'Notify me when a dictation fails',
  hudLabel: 'Show a panel while I dictate',
  hudHelp: 'It shows the microphone, its level and the text so far. It never takes the keyboard. Clicks go through it, but for one that undoes a cancel.',
  hudPositionLabel: 'Where the panel is',
  hudBottom: 'Bottom',
  hudTop: 'Top',
  hudBottomLeft: 'Bottom left',
  hudBottomRight: 'Bottom right',
  hudTopLeft: 'Top left',
  hudTopRight: 'Top right',
  hudSizeLabel: 'How large it is',
  hudSmall: 'Small',
  hudMedium: 'Medium',
  hudLarge: 'Large',

  moreTyping: 'More about typing',
  newlineLabel: 'A line break becomes',
  newlineHelp: 'Many chats send on Return.',
  newlineReturn: 'Return',
  newlineShiftReturn: 'Shift and Return',
  newlineSpace: 'A space',
  paceLabel: 'Pause after each keystroke, in ms',
  paceHelp: 'Raise it where an app loses characters.',
  chunkLabel: 'Characters in one keystroke',
  chunkHelp: '0 is what suits the system. More than 1 is lost where an app takes only the first.',
  releaseWaitLabel: 'Wait for keys to be let go, in ms',
  releaseWaitHelp: 'Before it types, Tawk waits at most this long for you to let go of Ctrl, Alt, Shift and the hotkey.',
  tapLabel: 'Longest tap of the hotkey, in ms',
  numberNeeded: 'This must be a number.',

  // Microphones
  microphoneTitle: 'Microphones',
  microphoneDefault: 'System Default',
  /** @param {string} name */
  microphoneDefaultNow: (name) => `Now: ${name}`,
  microphoneHelp: 'The first of these that is connected is used. When it is lost while you speak, the next one takes over.',
  microphoneAway: 'Not connected',
  microphoneFirst: 'Is used',
  microphoneAdd: 'Add',
  microphoneOthers: 'Other microphones',
  preRollLabel: 'Include what came before the key',
  preRollOff: 'Nothing',
  /** @param {number} ms */
  preRollTime: (ms) => `${ms / 1000} s`,
  preRollHelp: 'For words that begin before the key is down. The microphone stays open, which the system shows, and its last moments stay in memory only.',
  channelLabel: 'Which channel is heard',
  channelLoudest: 'The loudest',
  channelMix: 'The mean of all',
  /** @param {string} number */
  channelNumber: (number) => `Channel ${number}`,
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

  // Trying a microphone out
  trialLabel: 'Try it out',
  trialStart: 'Listen',
  trialStop: 'Stop',
  trialAgain: 'Listen Again',
  trialPlay: 'Play Back',
  trialStopPlaying: 'Stop Playing',
  trialLevel: 'Level',
  trialOpening: 'Opening the microphone…',
  /** @param {string} name */
  trialSpeak: (name) => `Listening to ${name}. Say something.`,
  /** @param {string} name */
  trialHeard: (name) => `Tawk hears you with ${name}.`,
  trialSilent: 'No voice is heard. Unmute the microphone, speak louder, or choose another.',
  trialOver: 'Play it back to hear how you sound. It is kept nowhere.',

  // First run
  /** @param {number} step @param {number} steps */
  welcomeWhere: (step, steps) => `Setting up Tawk: step ${step} of ${steps}`,
  welcomeMicrophone: 'Can Tawk hear you?',
  welcomeMicrophoneText: 'Tawk listens only when you dictate or try the microphone out, and what you say never leaves this computer. Press Listen, speak, and see the level move.',
  welcomeMicrophoneFree: '✓ Tawk may use the microphone.',
  welcomeNoMicrophone: 'Tawk may not use the microphone yet. Without it, Tawk cannot hear you.',
  welcomeTyping: 'May Tawk type for you?',
  welcomeTypingText: 'Tawk types what you say into the app that you are using, as if with the keyboard.',
  welcomeTypingFree: '✓ Tawk may type into other apps.',
  welcomeNoTyping: 'Tawk may not type into other apps yet. Without it, your texts wait in the menu, to be copied and pasted.',
  welcomeDictation: 'Say something',
  welcomeFieldLabel: 'Click into this field, then dictate:',
  /** @type {Record<string, (hotkey: string) => string>} */
  welcomeWorks: {
    'hold-or-tap': (hotkey) => `✓ It works. From now on, hold ${hotkey} in any app.`,
    hold: (hotkey) => `✓ It works. From now on, hold ${hotkey} in any app.`,
    tap: (hotkey) => `✓ It works. From now on, press ${hotkey} in any app.`,
  },
  welcomeDemo: 'The demo model knows only a few words, as in: “The quick brown fox jumps over the lazy dog.” A real model hears everything.',
  /** @param {string} name @param {string} size */
  welcomeGet: (name, size) => `Get ${name} (${size})`,
  welcomeNext: 'Continue',
  welcomeBack: 'Back',
  welcomeDone: 'Done',
  welcomeSkip: 'Skip',

  // Models
  modelTitle: 'Models',
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
  modelResume: 'Resume',
  /** @param {string} name */
  modelResumeLabel: (name) => `Resume getting ${name}`,
  modelPause: 'Pause',
  modelVerify: 'Check File',
  modelVerifying: 'Checking the file…',
  modelWhole: 'The file is whole.',
  modelImport: 'Import…',
  modelImportTitle: 'Import a Model',
  modelImporting: 'Choose a file. It is checked and copied.',
  modelImported: 'The model is imported.',
  /** @param {string} seconds */
  modelSpeed: (seconds) => `10 s of speech took about ${seconds} s here`,
  modelRemove: 'Remove',
  /** @param {string} name */
  modelRemoveQuestion: (name) => `Remove ${name}?`,
  modelKeep: 'Keep',
  /** @param {string} what @param {string} name */
  modelLabel: (what, name) => `${what}: ${name}`,
  /** @param {string} name */
  modelProgress: (name) => `Getting ${name}`,
  /** @param {string} done @param {string} total */
  modelSoFar: (done, total) => `${done} of ${total}`,
  modelPrivacy: 'Getting a model is the only time Tawk uses the network. What you say stays on this machine.',

  aheadLabel: 'Recognise ahead while I pause',
  aheadHelp: 'So that the text is there when you are done. It takes more power.',
  keepLoadedLabel: 'Keep the model loaded, in minutes',
  keepLoadedHelp: 'After so long without a dictation its memory is given back; loading it again takes a moment. 0 keeps it.',

  // The start at login, and deleting everything
  loginItemLabel: 'Start Tawk when you log in',
  loginItemOpen: 'Open Login Items',
  resetTitle: 'Delete Everything',
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
  historyRetention: 'How long it is kept',
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
  historyPlay: 'Play',
  historyStop: 'Stop',
  /** @param {string} text */
  historyPlaying: (text) => `Playing: ${text}`,
  historyPlayed: 'Stopped.',
  historyAgain: 'Recognise Again…',
  historyAgainModel: 'With the model',
  historyAgainYes: 'Recognise',
  historyAgainNo: 'Cancel',
  historyAgainRuns: 'Recognising…',
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
    held: 'Not typed', recovered: 'Recovered', cancelled: 'Cancelled', failed: 'Failed', locked: 'The screen was locked', quit: 'Tawk was quit', 'nothing-heard': 'No voice heard',
  },

  // Health
  healthTitle: 'Health',
  healthAgain: 'Check Again',
  healthChecking: 'Checking…',
  healthGood: 'Good',
  healthWarning: 'Warning',
  healthBad: 'Problem',
  healthRecover: 'Recover',
  healthMicrophones: 'Choose a Microphone',
  healthModels: 'Choose a Model',
  healthDictation: 'Change Settings',
  healthHistory: 'Show History',
  /** @param {string} what @param {string} check */
  healthMend: (what, check) => `${what}: ${check}`,
  timesTitle: 'Last dictations',
  timesWhen: 'When',
  timesLength: 'Speech',
  timesText: 'Text after',
  timesOwn: 'Tawk’s own part',
  timesNone: 'Nothing is remembered yet.',
  timesHelp: 'From letting go of the key to the whole text; and of the wait, what was not recognition. Only remembered dictations are listed.',
  timesUnknown: 'not measured',
  /** @param {string} number */
  seconds: (number) => `${number} s`,
  /** @param {string} number */
  milliseconds: (number) => `${number} ms`,
  aboutTitle: 'About',
  reportCopy: 'Copy Report',
  logLabel: 'The log tells',
  logHelp: 'At no level does it hold what you dictated.',
  logErrors: 'What failed',
  logWarnings: 'Warnings too',
  logInfo: 'Each dictation too',
  logDebug: 'Every step',
  reportHelp: 'What is checked above, versions and times, for whoever helps you. Nothing that you dictated.',

  /** Languages that browsers do not know, or know by another code. @type {Record<string, string>} */
  languageNames: { jw: 'Javanese', haw: 'Hawaiian', yue: 'Cantonese', ht: 'Haitian Creole', lb: 'Luxembourgish' },

  saved: 'Saved',
  /** @param {string} version @param {string} system */
  version: (version, system) => `Tawk ${version}, ${system}`,
};
