// What crosses between the program and this window, as JSDoc types. src-tauri/src/wire.rs is the other side;
// its tests read this file and fail when the two differ.

/**
 * Everything the window shows apart from lists that take a moment to gather.
 * @typedef {Object} Snapshot
 * @property {Status} status
 * @property {Settings} settings
 * @property {Problem[]} problems
 * @property {string[]} languages
 * @property {Permissions} permissions
 * @property {LoginItem} loginItem
 * @property {string|null} placeAdvice what to do about the place that Tawk was started from
 * @property {string} system
 * @property {string} version
 */

/**
 * @typedef {Object} Status
 * @property {string} state idle, connecting, listening, working or trouble
 * @property {Trouble|null} trouble
 * @property {Trouble|null} note something about the microphone that does not end the dictation
 * @property {string} microphone
 * @property {string} model empty when there is none
 * @property {boolean} modelIsDemo
 * @property {string} hotkey as it is written in the settings
 * @property {string} hotkeyLabel as this system's users write it
 * @property {boolean} hasLastText
 * @property {number} recoverable dictations that a crash cut short
 * @property {string|null} notice what has come of something that was asked for
 * @property {number|null} loadingPercent
 * @property {Waiting|null} waiting when the machine is slower than speech
 * @property {number|null} playing the dictation whose recording is being played
 * @property {number|null} recognisingAgain the dictation whose recording is being recognised again
 */

/**
 * Speech that waits to be recognised.
 * @typedef {Object} Waiting
 * @property {number} speechSeconds
 * @property {number|null} readyInSeconds an estimate, if there is one
 */

/**
 * Every setting by its dotted name, for instance "dictation.hotkey".
 * @typedef {Record<string, string|number|boolean|PreferredMicrophone[]>} Settings
 */

/**
 * An entry of the list of microphones, connected or not.
 * @typedef {Object} PreferredMicrophone
 * @property {string} id default for the system's default
 * @property {string} name empty where nobody knows it
 */

/**
 * A setting whose value cannot be used.
 * @typedef {Object} Problem
 * @property {string} key
 * @property {string} message
 */

/**
 * An error. The code is stable, the message is for people.
 * @typedef {Object} Trouble
 * @property {string} code
 * @property {string} message
 */

/**
 * not-needed, not-asked, granted, stale, denied, restricted or unknown.
 * @typedef {Object} Permissions
 * @property {string} microphone
 * @property {string} typing
 * @property {string} listening for a hotkey that is one key
 */

/**
 * Whether the system starts Tawk at login.
 * @typedef {Object} LoginItem
 * @property {boolean} on
 * @property {string} state off, on, needs-approval, not-found or unknown
 * @property {string|null} advice what to do where it is not right
 */

/**
 * What became of everything that Tawk had written.
 * @typedef {Object} Erased
 * @property {string[]} removed
 * @property {string[]} left what was left on purpose
 * @property {string[]} failed what could not be removed
 */

/**
 * @typedef {Object} Microphone
 * @property {string} id
 * @property {string} name
 * @property {boolean} isDefault
 * @property {boolean} isBluetooth
 */

/**
 * How the trial of a microphone goes.
 * @typedef {Object} Trial
 * @property {boolean} isListening
 * @property {string} microphone empty until one is open
 * @property {number|null} levelDbfs of the last moments
 * @property {number} heardMs the length of what was heard
 * @property {boolean} isHeard whether a voice was
 * @property {boolean} isPlaying
 * @property {Trouble|null} error why it ended early
 */

/**
 * @typedef {Object} Model
 * @property {string} id
 * @property {string} name
 * @property {number} bytes
 * @property {string} languages en, or multi for all that the language list offers
 * @property {string} state installed, missing, damaged or partial
 * @property {boolean} installed
 * @property {boolean} demo
 * @property {boolean} current
 * @property {boolean} recommended
 * @property {string} hint a sentence about it; may be empty
 */

/**
 * How long the steps of a dictation took, in ms.
 * @typedef {Object} Times
 * @property {number} id
 * @property {number} atMs milliseconds since 1970, UTC
 * @property {number} audioMs the length of the recording
 * @property {number|null} releaseToTextMs from letting go of the key to the whole text
 * @property {number|null} ownOverheadMs of the wait for the first key, what the recogniser did not work
 * @property {number|null} recognisingMs what the recogniser worked
 * @property {string} model
 */

/**
 * The download that runs or ran last.
 * @typedef {Object} FetchState
 * @property {string} id
 * @property {number} done bytes
 * @property {number} total bytes
 * @property {boolean} finished
 * @property {Trouble|null} error
 */

/**
 * A remembered dictation.
 * @typedef {Object} Dictation
 * @property {number} id
 * @property {number} atMs milliseconds since 1970, UTC
 * @property {string} text empty when nothing of it was recognised
 * @property {string|null} firstText what was recognised before it was recognised again
 * @property {string|null} untyped what of the text was not typed
 * @property {Withheld[]} withheld
 * @property {string} fate typed, held, recovered, cancelled, failed, locked, quit or nothing-heard
 * @property {string} app may be empty
 * @property {boolean} hasAudio
 */

/**
 * A part that was recognised, but is taken for something that nobody said.
 * @typedef {Object} Withheld
 * @property {string} text
 * @property {string} reason a word
 */

/**
 * @typedef {Object} Report
 * @property {Check[]} checks
 */

/**
 * @typedef {Object} Check
 * @property {string} id
 * @property {string} name
 * @property {string} state good, warning or bad
 * @property {string} message
 * @property {string|null} nextStep
 */

export {};
