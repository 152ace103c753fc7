// @ts-check
/**
 * Another badge on an enrolled device: another person, in one second. The form comes with the page (templates/floor.html).
 * Without the network the badge is noted for the scans that follow, and the server says later whether it is in force.
 */
import { typeLetter } from "lib/codes.js";
import { isOnline } from "lib/net.js";
import { good } from "lib/sound.js";

const KEPT = "mortise_badge"; // of the last one who came while the network was away

/** @param {string} badge */
function note(badge) {
  const place = /** @type {HTMLElement | null} */ (document.querySelector("main[data-badge]"));
  if (!place || !place.dataset.device) return false;
  place.dataset.badge = badge;
  const name = document.querySelector("[data-person]");
  if (name) name.textContent = badge;
  return true;
}

/** A page that was opened without the network goes on with the last badge. */
export function restoreBadge() {
  const badge = window.localStorage.getItem(KEPT);
  if (!badge) return;
  if (isOnline()) window.localStorage.removeItem(KEPT); // the page says who is here
  else note(badge);
}

/** Log the badge's person in when the code is a badge; say whether it was one. @param {string} code */
export function changePerson(code) {
  if (typeLetter(code) !== "U") return false;
  if (!isOnline() && note(code)) {
    window.localStorage.setItem(KEPT, code);
    good();
    return true;
  }
  const form = document.querySelector("form[data-badge-form]");
  const field = form?.querySelector("[name=badge]");
  if (!(form instanceof HTMLFormElement) || !(field instanceof HTMLInputElement)) return false;
  field.value = code;
  form.requestSubmit();
  return true;
}
