// @ts-check
/** What every office page does: keeps typed values, sends once, tells working intervals, closes its menus. */
import { startBeat } from "lib/beat.js";
import { startForms } from "lib/forms.js";

/** @param {Event} event */
function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.drop[open]")) {
    const isOutside = event instanceof KeyboardEvent ? event.key === "Escape" : !menu.contains(/** @type {Node} */ (event.target));
    if (isOutside) menu.removeAttribute("open");
  }
}

startForms();
startBeat();
document.addEventListener("click", closeMenus);
document.addEventListener("keydown", closeMenus);
