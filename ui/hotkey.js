// A chord from a key press, written as the settings write it.

/** @type {Record<string, string>} Keys by their place, named by what a US keyboard shows there. */
const named = {
  Space: 'Space', Enter: 'Return', Tab: 'Tab', Insert: 'Insert', Delete: 'Delete', Home: 'Home', End: 'End',
  PageUp: 'PageUp', PageDown: 'PageDown', ArrowLeft: 'Left', ArrowRight: 'Right', ArrowUp: 'Up', ArrowDown: 'Down',
  Pause: 'Pause', ScrollLock: 'ScrollLock', Backquote: '`', Minus: '-', Equal: '=', BracketLeft: '[',
  BracketRight: ']', Backslash: '\\', Semicolon: ';', Quote: "'", Comma: ',', Period: '.', Slash: '/',
};

/** @param {KeyboardEvent} event @returns {string} for instance `Ctrl+Alt+`; empty without modifiers */
export function modifiersOf(event) {
  let text = '';
  if (event.ctrlKey) text += 'Ctrl+';
  if (event.altKey) text += 'Alt+';
  if (event.shiftKey) text += 'Shift+';
  if (event.metaKey) text += 'Super+';
  return text;
}

/** @type {Record<string, string>} Modifiers that may be a hotkey by themselves. A web view never hears of Fn. */
const alone = {
  AltLeft: 'LeftAlt', AltRight: 'RightAlt', ControlLeft: 'LeftCtrl', ControlRight: 'RightCtrl', MetaLeft: 'LeftSuper',
  MetaRight: 'RightSuper', OSLeft: 'LeftSuper', OSRight: 'RightSuper', ShiftRight: 'RightShift',
};

/** A modifier that was pressed and let go with no other key, or null. @param {string} code */
export const modifierAlone = (code) => alone[code] ?? null;

/** The whole chord, or null while only modifiers are down or the key has no name. @param {KeyboardEvent} event */
export function chordOf(event) {
  const code = event.code;
  let key = named[code];
  if (!key) {
    const match = /^(?:Key([A-Z])|Digit([0-9])|(F(?:1[0-9]|20|[1-9])))$/.exec(code);
    if (!match) return null;
    key = match[1] ?? match[2] ?? match[3];
  }
  return modifiersOf(event) + key;
}

/** Other names of the modifiers; crates/core/src/hotkey.rs knows them too. @type {Record<string, string>} */
const modifiers = {
  ctrl: 'Ctrl', control: 'Ctrl', alt: 'Alt', option: 'Alt', opt: 'Alt', shift: 'Shift',
  super: 'Super', cmd: 'Super', command: 'Super', meta: 'Super', win: 'Super',
};

/**
 * What the systems do with chords when they are new; the catalogues' `hotkeyUses` names it. Registering such a chord may
 * succeed, and still only the system hears it. (Apple: “Mac keyboard shortcuts”; GNOME's defaults.)
 * @type {Record<string, Record<string, string>>}
 */
const uses = {
  macos: {
    'Super+space': 'search', 'Alt+Super+space': 'search', 'Ctrl+space': 'layout', 'Ctrl+Alt+space': 'layout', 'Ctrl+Super+space': 'emoji',
    'Super+tab': 'windows', 'Super+`': 'windows', 'Ctrl+up': 'windows', 'Ctrl+down': 'windows', 'Ctrl+left': 'desktops', 'Ctrl+right': 'desktops',
    'Shift+Super+3': 'pictures', 'Shift+Super+4': 'pictures', 'Shift+Super+5': 'pictures', 'Super+q': 'quit', 'Super+h': 'windows',
    'Alt+Super+d': 'dock', 'Ctrl+Super+q': 'lock', fn: 'globe', f11: 'desktops',
  },
  linux: {
    'Super+space': 'layout', 'Alt+tab': 'windows', 'Super+tab': 'windows', 'Alt+f4': 'quit', 'Alt+f2': 'search', 'Super+l': 'lock', 'Ctrl+Alt+delete': 'quit',
    'Ctrl+Alt+left': 'desktops', 'Ctrl+Alt+right': 'desktops', 'Ctrl+Alt+up': 'desktops', 'Ctrl+Alt+down': 'desktops', 'Ctrl+Alt+t': 'terminal',
  },
};

/** What the system itself uses a hotkey for, or null. @param {string} hotkey as in the settings @param {string} system macos or linux */
export function systemUse(hotkey, system) {
  const parts = hotkey.split('+').map((part) => part.trim().toLowerCase());
  const key = parts.pop() ?? '';
  const held = new Set(parts.map((part) => modifiers[part]));
  const chord = [...['Ctrl', 'Alt', 'Shift', 'Super'].filter((name) => held.has(name)), key].join('+');
  return uses[system]?.[chord] ?? null;
}
