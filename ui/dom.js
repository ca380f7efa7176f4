// Small steps on the page. Text from outside only ever becomes text, never markup.

import { language, words } from './strings.js';

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/**
 * Makes an element; strings among the children become text.
 * @param {string} tag
 * @param {Record<string, string|boolean|null|undefined>} [attributes] true sets an empty attribute; false and null set none
 * @param {...(Node|string)} children
 * @returns {any}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Sets text only where it differs, so that a screen reader hears no repetition. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const drawn = new WeakMap();

/**
 * Fills `parent` anew when `key` differs from the time before. A focused control inside that has a data-focus
 * name keeps the focus.
 * @param {Element} parent @param {unknown} key @param {() => Node[]} make
 */
export function refill(parent, key, make) {
  const now = JSON.stringify(key);
  if (drawn.get(parent) === now) return;
  drawn.set(parent, now);
  const active = document.activeElement;
  const name = active && parent.contains(active) ? active.getAttribute('data-focus') : null;
  parent.replaceChildren(...make());
  if (name) {
    for (const candidate of parent.querySelectorAll('[data-focus]')) {
      if (candidate.getAttribute('data-focus') === name) /** @type {HTMLElement} */ (candidate).focus();
    }
  }
}

/** A paragraph that the program says, which speaks English. @param {string} text @param {Record<string, string>} [attributes] */
export const told = (text, attributes = {}) => el('p', { lang: 'en', ...attributes }, text);

/** Puts the catalogue's strings into the page's skeleton. */
export function fillStrings() {
  for (const element of document.querySelectorAll('[data-text]')) {
    const name = /** @type {keyof typeof words} */ (element.getAttribute('data-text'));
    element.textContent = String(words[name]);
  }
  document.title = words.windowTitle;
  document.documentElement.lang = language;
}
