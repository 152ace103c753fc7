// @ts-check
/** The form of a signed exception: what was typed is kept until the signature is accepted, but never the PIN. */

import { clean, typeLetter } from "lib/codes.js";
import { neutral } from "lib/sound.js";

/** @type {Record<string, string>} */
let kept = {};

/** Return the signature of a form, and keep what may be kept of it. @param {HTMLFormElement} form */
export function signature(form) {
  const typed = new FormData(form);
  const text = (/** @type {string} */ name) => String(typed.get(name) || "");
  kept = { "sign-badge": text("sign-badge"), "sign-reason": text("sign-reason") };
  return { badge: clean(text("sign-badge")), pin: text("sign-pin").normalize("NFKC").trim(), reason: text("sign-reason") };
}

/** Put what was typed back into a form that is shown again. @param {Element} place */
export function restore(place) {
  for (const [name, value] of Object.entries(kept)) {
    const field = place.querySelector(`[name="${name}"]`);
    if (field instanceof HTMLInputElement) field.value = value;
  }
}

/** While a form waits for a signature, the badge that is scanned goes into it; say whether it did. @param {string} code */
export function takeBadge(code) {
  const field = document.querySelector('[name="sign-badge"]');
  if (typeLetter(code) !== "U" || !(field instanceof HTMLInputElement) || field.closest("details:not([open])")) return false;
  field.value = code;
  const next = field.form?.querySelector('[name="sign-pin"]');
  if (next instanceof HTMLElement) next.focus();
  neutral();
  return true;
}

/** The signature was accepted: nothing of it stays. */
export function forget() {
  kept = {};
}
