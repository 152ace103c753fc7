// @ts-check
/** Count a place, blind: its label begins, every lot with its quantity and every package is scanned, its label again finishes. */
import { clean, isCode, typeLetter } from "lib/codes.js";
import { Desk } from "lib/desk.js";
import * as judge from "lib/judge/count.js";
import { isOnline } from "lib/net.js";
import * as sound from "lib/sound.js";
import { goOnWithout, send } from "lib/station.js";
import { direct, hold, inLine, list, notYet, panel, place, steps, task, tell } from "pages/mes/warehouse/hand.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("count"));
const quantity = /** @type {HTMLInputElement} */ (document.getElementById("quantity"));
const undo = /** @type {HTMLElement} */ (document.getElementById("undo"));
const desk = new Desk("count", task.dataset.jobsUrl || "", judge);
/** The place under count. */
let spot = { code: "", name: "" };
/** The lot whose quantity is asked. */
let lot = "";
/** What was entered last. */
let last = "";
/** @type {string[][]} what a further round looks for */
let listed = [];

/** @param {boolean} isAsked */
function ask(isAsked) {
  form.hidden = !isAsked;
  undo.hidden = isAsked || !last;
}

/** Have a place in hand, or none. @param {string} code @param {string} name @param {string[][]} again what a further round looks for */
function take(code, name, again) {
  spot = { code, name };
  lot = last = "";
  listed = again;
  ask(false);
  hold(name);
  list(again);
  steps(code ? "thing" : "place", { place: name });
}

/** @param {string} code @param {boolean} manual */
async function takePlace(code, manual) {
  lot = "";
  const answer = await send(place, panel, code, { kind: "COUNT", context: spot.code || code }, manual);
  if (!answer) return;
  if (answer.outcome === "BLOCK") return steps(spot.code ? "end" : "place", { place: spot.name }, true);
  if (answer.shown.is_finished) take("", "", answer.shown.again);
  else take(code, answer.shown.name, answer.shown.again);
  tell(answer.say || "");
  await desk.hold(spot.code); // a page that is loaded again goes on here
  if (!answer.isLocal) await desk.renew(); // what the server made of it, before the network may go
}

/** Ask for the quantity; nothing is asked of the server, so that it works without one. @param {string} code */
function takeLot(code) {
  const known = desk.held?.lots.get(code);
  lot = code;
  sound.good();
  hold(known ? known.name : code, known ? code : "", spot.name);
  steps("thing", { place: spot.name }); // a wrong scan before it is over
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
  last = code;
  lot = "";
  ask(false);
  hold(spot.name);
  tell(answer.say || "");
  steps("thing", { place: spot.name });
}

/** @param {boolean} manual */
async function enterLot(manual) {
  const count = Number(clean(quantity.value)); // an input method may type full-width figures
  if (!Number.isInteger(count) || count < 1) return notYet(task.dataset.number);
  quantity.blur();
  return enter(lot, count, manual);
}

/** Take back what was entered last. */
async function strike() {
  const answer = await send(place, panel, last, { kind: "COUNT", context: spot.code, witness: "STRIKE" });
  if (!answer || answer.outcome === "BLOCK") return;
  last = "";
  ask(false);
  direct(task.dataset.next || "");
  tell(answer.say || "", "back");
}

/** Without a place in hand the list shows what waits for a count, as this device knows it. */
function showWaiting() {
  const rows = desk.held ? judge.waiting(desk.held) : [];
  if (!spot.code && !listed.length && rows.length) list(rows);
}

/** Go on at the place that was in hand when the page was left, as long as the round is this person's and open. */
async function begin() {
  goOnWithout(desk);
  await desk.start(showWaiting);
  const code = await desk.inHand();
  const found = desk.held?.spots.get(code);
  if (found && judge.isUnderWay(desk.held, code, place.dataset.badge)) {
    take(code, found.name, found.isAgain ? found.again : []);
    direct(task.dataset.next || "");
  }
  if (!isOnline()) showWaiting();
}

/** @param {string} scanned @param {boolean} manual */
async function dealWith(scanned, manual) {
  const letter = typeLetter(scanned);
  if (letter === "L") return takePlace(scanned, manual);
  if (!spot.code) return notYet(task.dataset.placeFirst);
  if (lot && scanned === lot) return enterLot(manual);
  if (letter === "R" && isCode(scanned)) return takeLot(scanned);
  return enter(scanned, 1, manual);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (lot) enterLot(true);
});
document.getElementById("strike")?.addEventListener("click", strike);

inLine(dealWith, begin());
