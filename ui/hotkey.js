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
