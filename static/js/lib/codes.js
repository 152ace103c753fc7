// @ts-check
/** Printed codes, judged on the device: type letter, payload, check character by ISO 7064 MOD 37,36 (see core/codes.py). */

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LONGEST = 16;

/**
 * What a scanner or a hand meant: half-width, upper case, no blanks.
 * @param {string} text
 */
export function clean(text) {
  return text.normalize("NFKC").replace(/\s+/g, "").toUpperCase();
}

/** The whole number from 1 that somebody typed, full-width figures too; 0 when it is none. @param {string} text */
export function whole(text) {
  const count = Number(clean(text));
  return Number.isInteger(count) && count > 0 ? count : 0;
}

/** @param {string} text of the alphabet 0-9A-Z */
export function checkCharacter(text) {
  let rest = 36;
  for (const character of text) {
    rest = (rest + ALPHABET.indexOf(character)) % 36 || 36;
    rest = (rest * 2) % 37;
  }
  return ALPHABET[(37 - rest) % 36];
}

/**
 * Is this cleaned text one of our codes?
 * @param {string} code
 */
export function isCode(code) {
  if (code.length < 3 || code.length > LONGEST || /[^0-9A-Z]/.test(code)) return false;
  return checkCharacter(code.slice(0, -1)) === code.slice(-1);
}

/**
 * The letter that says what a code stands for: P piece, D door set, K package, U badge, L place …
 * @param {string} code
 */
export function typeLetter(code) {
  return code.slice(0, 1);
}
