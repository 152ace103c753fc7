// @ts-check
/** Give back what a batch did not use: batch, lot, how many, place. */
import { typeLetter } from "lib/codes.js";
import * as sound from "lib/sound.js";
import { send } from "lib/station.js";
import { ask, howMany } from "pages/mes/warehouse/amount.js";
import { direct, hold, inLine, look, notYet, panel, place, steps, task, tell } from "pages/mes/warehouse/hand.js";

/** @type {any} */
let batch = null;
/** @type {any} */
let lot = null;

/** @param {string} code */
async function takeBatch(code) {
  batch = await look(task.dataset.batchUrl, { code });
  lot = null;
  ask(false);
  hold(batch?.name || "");
  if (!batch) return steps("batch", {}, true);
  sound.good();
  direct(task.dataset.scanLot || "");
  steps("lot", { batch: batch.name });
}

/** @param {string} code */
async function takeLot(code) {
  lot = await look(task.dataset.lookUrl, { code, batch: batch.code });
  ask(Boolean(lot));
  if (!lot) return steps("lot", { batch: batch.name }, true);
  sound.good();
  hold(lot.name, lot.size, lot.out);
  direct(task.dataset.put || "", lot.place, task.dataset.scanPlace);
  steps("place", { batch: batch.name, lot: lot.code });
}

/** @param {string} code @param {boolean} manual */
async function put(code, manual) {
  const quantity = howMany();
  if (!quantity) return notYet(task.dataset.number);
  const answer = await send(place, panel, lot.code, { kind: "RETURN", context: batch.code, witness: code, quantity }, manual);
  if (!answer) return;
  if (answer.outcome === "BLOCK") return steps("place", { batch: batch.name, lot: lot.code }, true);
  tell(answer.say || "");
  lot = null;
  ask(false);
  hold(batch.name);
  steps("lot", { batch: batch.name });
}

inLine(async (code, manual) => {
  const letter = typeLetter(code);
  if (letter === "B") return takeBatch(code);
  if (!batch) return notYet(task.dataset.scanBatch);
  if (letter === "L") return lot ? put(code, manual) : notYet(task.dataset.lotFirst);
  return takeLot(code);
});
