// @ts-check
/** The form of a signed exception: what was typed is kept until the signature is accepted, but never the PIN. */

/** @type {Record<string, string>} */
let kept = {};

/** Return the signature of a form, and keep what may be kept of it. @param {HTMLFormElement} form */
export function signature(form) {
  const typed = new FormData(form);
  const text = (/** @type {string} */ name) => String(typed.get(name) || "");
  kept = { "sign-badge": text("sign-badge"), "sign-reason": text("sign-reason") };
  return { badge: text("sign-badge"), pin: text("sign-pin"), reason: text("sign-reason") };
}

/** Put what was typed back into a form that is shown again. @param {Element} place */
export function restore(place) {
  for (const [name, value] of Object.entries(kept)) {
    const field = place.querySelector(`[name="${name}"]`);
    if (field instanceof HTMLInputElement) field.value = value;
  }
}

/** The signature was accepted: nothing of it stays. */
export function forget() {
  kept = {};
}
