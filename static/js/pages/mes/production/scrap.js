// @ts-check
/** Scrap: the next piece that is scanned is scrapped for the chosen reason; its remake's label can be printed at once. */
import { bad } from "lib/sound.js";
import { startStation } from "lib/station.js";
import { show } from "lib/verdict.js";

const place = /** @type {HTMLElement} */ (document.querySelector("main"));
const panel = /** @type {HTMLElement} */ (document.querySelector("#verdict"));
const task = /** @type {HTMLElement} */ (document.querySelector("[data-first]"));
const chosen = document.querySelector("[data-reason]");
const label = document.querySelector("[data-new-label]");
const reason = chosen instanceof HTMLElement ? chosen.dataset.reason || "" : "";

let isArmed = Boolean(reason); // one piece for one choice of a reason

/** @param {any} answer */
function answered(answer) {
  const link = label?.querySelector("a");
  const code = label?.querySelector("[data-new-code]");
  if (answer.outcome === "BLOCK" || !label || !link || !code) return;
  isArmed = false;
  link.href = (link.dataset.href || "").replace("/0/", `/${answer.shown.new_piece_id}/`);
  code.textContent = answer.shown.new_code;
  label.removeAttribute("hidden");
}

function want() {
  if (isArmed) return { kind: "SCRAP", witness: reason };
  bad();
  panel.hidden = false;
  show(panel, { kind: "attn", name: task.dataset.first, todo: task.dataset.firstTodo });
  return null;
}

startStation({ place, panel, want, answered });
