// @ts-check
/** The field that says how many of the lot in hand; pages/mes/warehouse/_hand.html draws it. */
import { whole } from "lib/codes.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("count"));
const quantity = /** @type {HTMLInputElement} */ (document.getElementById("quantity"));

form.addEventListener("submit", (event) => event.preventDefault());

/** Ask how many, with a number that is likely, or put the field away. @param {boolean} isAsked @param {number | string} [likely] */
export function ask(isAsked, likely = "") {
  form.hidden = !isAsked;
  quantity.value = String(likely);
  if (isAsked && !likely) quantity.focus();
}

/** @returns {number} the whole number that is written there, 0 when none is */
export const howMany = () => whole(quantity.value);
