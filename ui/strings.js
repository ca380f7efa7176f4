// The words in the user's language: the first of the system's languages that there is a catalogue for, or English.

import { de } from './strings/de.js';
import { en } from './strings/en.js';

/** @type {Record<string, typeof en>} */
const catalogues = { en, de };

const base = (/** @type {string} */ tag) => tag.split('-')[0];

/** The system's language with its region, which numbers and dates follow. */
const locale = navigator.languages.find((tag) => Object.hasOwn(catalogues, base(tag))) ?? 'en';

/** The language of the catalogue in use. */
export const language = base(locale);

export const words = catalogues[language];

/** @param {string} code */
export function languageName(code) {
  if (words.languageNames[code]) return words.languageNames[code];
  try {
    return new Intl.DisplayNames([locale], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** A number as people write it. @param {number} value @param {number} digits after the point */
export const decimal = (value, digits) => value.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Bytes as people write them. @param {number} bytes */
export function size(bytes) {
  if (bytes >= 999_500_000) return `${decimal(bytes / 1e9, 1)} GB`;
  if (bytes >= 950_000) return `${decimal(bytes / 1e6, 0)} MB`;
  return `${decimal(Math.ceil(bytes / 1e3), 0)} kB`;
}

/** A moment in few characters. @param {number} atMs milliseconds since 1970, UTC */
export const moment = (atMs) => new Date(atMs).toLocaleString(locale, { dateStyle: 'short', timeStyle: 'short' });
