// @ts-check
/** Count a place, blind: its label begins, every lot with its quantity and every package is scanned, its label again finishes. */
import { post } from "lib/api.js";
import { typeLetter } from "lib/codes.js";
import * as sound from "lib/sound.js";
import { send } from "lib/station.js";
import { direct, hold, inLine, list, notYet, panel, place, steps, task, tell } from "pages/mes/warehouse/hand.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("count"));
const quantity = /** @type {HTMLInputElement} */ (document.getElementById("quantity"));
const undo = /** @type {HTMLElement} */ (document.getElementById("undo"));
/** The place under count. */
let spot = { code: "", name: "" };
/** The lot whose quantity is asked. */
let lot = "";
/** @type {any} what was entered last */
let last = null;

/** @param {boolean} isAsked */
function ask(isAsked) {
  form.hidden = !isAsked;
  undo.hidden = isAsked || !last;
}

/** @param {string} code @param {boolean} manual */
async function takePlace(code, manual) {
  lot = "";
  const answer = await send(place, panel, code, { kind: "COUNT", context: spot.code || code }, manual);
  if (!answer) return;
  if (answer.outcome === "BLOCK") return steps(spot.code ? "end" : "place", { place: spot.name }, true);
  const isOver = Boolean(answer.shown.is_finished);
  spot = isOver ? { code: "", name: "" } : { code, name: answer.shown.name };
  last = null;
  ask(false);
  hold(spot.name);
  list(answer.shown.again || []);
  tell(answer.say || "");
  steps(isOver ? "place" : "thing", { place: spot.name });
}

/** Ask for the quantity; nothing is asked of the server, so that it works without one. @param {string} code */
function takeLot(code) {
  lot = code;
  sound.good();
  hold(code, "", spot.name);
  ask(true);
  quantity.value = "";
  direct(task.dataset.howMany || "", "", task.dataset.again);
  quantity.focus();
}

/** @param {string} code @param {number} count @param {boolean} manual */
async function enter(code, count, manual) {
  const answer = await send(place, panel, code, { kind: "COUNT", context: spot.code, quantity: count }, manual);
  if (!answer) return;
  if (answer.outcome === "BLOCK") return steps("thing", { place: spot.name }, true);
  last = answer.shown;
  lot = "";
  ask(false);
  hold(spot.name);
  tell(answer.say || "");
  steps("thing", { place: spot.name });
}

/** @param {boolean} manual */
async function enterLot(manual) {
  const count = Number(quantity.value);
  if (!Number.isInteger(count) || count < 1) return notYet(task.dataset.number);
  quantity.blur();
  return enter(lot, count, manual);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (lot) enterLot(true);
});
document.getElementById("strike")?.addEventListener("click", async () => {
  await post(task.dataset.strikeUrl || "", { count_id: last.count_id, thing: last.thing, thing_id: last.thing_id });
  last = null;
  ask(false);
  sound.neutral();
  direct(task.dataset.next || "");
  tell(task.dataset.struck || "", "back");
});

inLine(async (code, manual) => {
  const letter = typeLetter(code);
  if (letter === "L") return takePlace(code, manual);
  if (!spot.code) return notYet(task.dataset.placeFirst);
  if (lot && code === lot) return enterLot(manual);
  if (letter === "R") return takeLot(code);
  return enter(code, 1, manual);
});
