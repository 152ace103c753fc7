// @ts-check
/** Another badge on an enrolled device: another person, in one second. The form comes with the page (templates/floor.html). */
import { typeLetter } from "lib/codes.js";

/** Log the badge's person in when the code is a badge; say whether it was one. @param {string} code */
export function changePerson(code) {
  if (typeLetter(code) !== "U") return false;
  const form = document.querySelector("form[data-badge-form]");
  const field = form?.querySelector("[name=badge]");
  if (!(form instanceof HTMLFormElement) || !(field instanceof HTMLInputElement)) return false;
  field.value = code;
  form.requestSubmit();
  return true;
}
