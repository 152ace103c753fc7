// @ts-check
/**
 * The scanner types into the page, not into a field: keys that arrive fast and end in Enter are a scan, wherever the focus is.
 * Input methods swallow characters (`key` is "Process" then), so the physical key `code` is read instead; full-width and
 * lower-case characters are made plain. What a scan typed into a focused field is taken out of it again.
 *
 * A scan is told as a `scan` event on `document` with `detail = {code, manual}`; a test or a typed code may dispatch one itself.
 * A field with `data-scan-into` keeps what is scanned into it.
 */
import { clean } from "lib/codes.js";

const MEAN_GAP_MS = 80; // between two keys; a wedge scanner is faster, no hand is
const LONGEST_GAP_MS = 250; // a busy tablet may stumble once; a longer pause begins another word
const REPEAT_MS = 1500; // a trigger held down reads twice
const SHORTEST = 2; // no code of ours is so short: a torn label is refused aloud, not passed over
const LONGEST = 16;

let typed = "";
let firstKeyAt = 0;
let lastKeyAt = 0;
let lastCode = "";
let lastCodeAt = -REPEAT_MS;
/** @type {{field: HTMLInputElement | HTMLTextAreaElement, value: string} | null} */
let before = null;
let isListening = false;

/**
 * The character of a key press, whatever keyboard layout or input method is on; "" for a key that types none.
 * @param {KeyboardEvent} event
 */
export function characterOf(event) {
  if (event.key.length === 1 && !event.isComposing) return event.key;
  const physical = /^(?:Key([A-Z])|(?:Digit|Numpad)([0-9]))$/.exec(event.code);
  return physical ? physical[1] || physical[2] : "";
}

/**
 * One code out of what was typed; a doubled read without Enter between ("AXAX") is one.
 * @param {string} text
 */
export function codeOf(text) {
  const code = clean(text);
  const half = code.slice(0, code.length / 2);
  return code.length > LONGEST && code === half + half ? half : code;
}

/** @param {KeyboardEvent} event */
function remember(event) {
  const field = event.target;
  const isField = field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement;
  before = isField ? { field, value: field.value } : null;
}

/** @param {string} text @param {boolean} manual */
export function tell(text, manual = false) {
  const code = codeOf(text);
  const at = performance.now();
  const isRepeat = code === lastCode && at - lastCodeAt < REPEAT_MS;
  lastCode = code;
  lastCodeAt = at;
  document.dispatchEvent(new CustomEvent(isRepeat ? "scan-repeat" : "scan", { detail: { code, manual } }));
}

/** @param {KeyboardEvent} event */
function listen(event) {
  if (event.target instanceof Element && event.target.closest("[data-scan-into]")) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const gap = event.timeStamp - lastKeyAt;
  if (event.key === "Enter" || event.code === "NumpadEnter" || event.key === "Tab") {
    const mean = (event.timeStamp - firstKeyAt) / Math.max(typed.length, 1);
    if (gap < LONGEST_GAP_MS && mean < MEAN_GAP_MS && clean(typed).length >= SHORTEST) take(event);
    typed = "";
    return;
  }
  const character = characterOf(event);
  if (!character) return; // Shift comes before every capital letter
  if (gap >= LONGEST_GAP_MS || !typed) {
    typed = "";
    firstKeyAt = event.timeStamp;
    remember(event);
  }
  typed += character;
  lastKeyAt = event.timeStamp;
}

/** @param {KeyboardEvent} event */
function take(event) {
  event.preventDefault(); // Enter must neither press the focused button nor send a form
  event.stopPropagation();
  if (before) before.field.value = before.value;
  tell(typed);
}

/** Listen from now on, first to what was struck while the page loaded (lib/early.js). */
function begin() {
  isListening = true;
  const early = /** @type {any} */ (window).takeEarlyKeys;
  for (const event of early ? early() : []) listen(event);
  window.addEventListener("keydown", listen, { capture: true });
}

/**
 * Call `callback` for every scan. @returns {() => void} a function that ends it
 * @param {(code: string, manual: boolean) => void} callback
 * @param {() => void} [onRepeat] the same code again within 1.5 s: a neutral tick, nothing else
 * @param {Promise<any>} [ready] when the page deals with what it hears
 */
export function onScan(callback, onRepeat, ready = Promise.resolve()) {
  /** @param {Event} event */
  const heard = (event) => {
    const { code, manual } = /** @type {CustomEvent} */ (event).detail;
    callback(codeOf(code), Boolean(manual));
  };
  const again = () => onRepeat && onRepeat();
  document.addEventListener("scan", heard);
  document.addEventListener("scan-repeat", again);
  if (!isListening) begin();
  ready.then(() => (document.documentElement.dataset.scanner = "on")); // from now on a scan is answered
  return () => {
    document.removeEventListener("scan", heard);
    document.removeEventListener("scan-repeat", again);
  };
}
