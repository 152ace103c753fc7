// @ts-check
/** Carry a lot, or part of it, to another place: lot, the place it lies at (when there are several), the new place. */
import { typeLetter } from "lib/codes.js";
import * as sound from "lib/sound.js";
import { send } from "lib/station.js";
import { ask, howMany } from "pages/mes/warehouse/amount.js";
import { direct, hold, inLine, look, notYet, panel, place, steps, task, tell } from "pages/mes/warehouse/hand.js";

/** @type {any} the lot in hand; `lies` holds [code, name, quantity] of each place */
let lot = null;
/** @type {any} the place that it is taken from, as one of `lies` */
let from = null;

/** @param {any} chosen */
function choose(chosen) {
  from = chosen;
  ask(true, from[2]);
  direct(task.dataset.lies || "", from[1], task.dataset.scanPlace);
  steps("place", { lot: lot.code, from: from[1] });
}

/** @param {string} code */
async function takeLot(code) {
  lot = await look(task.dataset.lookUrl, { code });
  from = null;
  ask(false);
  hold(lot?.name || "", lot?.size || "", "");
  if (!lot) return steps("lot", {}, true);
  if (!lot.lies.length) {
    lot = null;
    return notYet(task.dataset.nothing);
  }
  sound.good();
  if (lot.lies.length === 1) return choose(lot.lies[0]);
  direct(task.dataset.from || "", "", lot.lines.join("\n"));
  steps("from", { lot: lot.code });
}

/** @param {string} code */
function takeFrom(code) {
  const found = lot.lies.find((/** @type {any} */ one) => one[0] === code);
  if (!found) return notYet(task.dataset.other);
  sound.good();
  choose(found);
}

/** @param {string} code @param {boolean} manual */
async function put(code, manual) {
  const quantity = howMany();
  if (!quantity) return notYet(task.dataset.number);
  const answer = await send(place, panel, lot.code, { kind: "MOVE", context: code, witness: from[0], quantity }, manual);
  if (!answer) return;
  if (answer.outcome === "BLOCK") return steps("place", { lot: lot.code, from: from[1] }, true);
  tell(answer.say || "");
  lot = null;
  from = null;
  ask(false);
  hold();
  steps("lot", {});
}

inLine(async (code, manual) => {
  if (typeLetter(code) !== "L") return takeLot(code);
  if (!lot) return notYet(task.dataset.scanFirst);
  return from ? put(code, manual) : takeFrom(code);
});
