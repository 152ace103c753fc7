// @ts-check
/** Carry one thing to a place, in two scans: a lot out of goods-in, an offcut, or a package within the store. */
import { typeLetter } from "lib/codes.js";
import * as sound from "lib/sound.js";
import { send } from "lib/station.js";
import { direct, hold, inLine, look, notYet, panel, place, steps, task, tell } from "pages/mes/warehouse/hand.js";

const KIND = task.dataset.kind || "";
/** @type {any} what is in hand */
let thing = null;

/** @param {string} code */
async function takeThing(code) {
  thing = await look(task.dataset.lookUrl, { code });
  if (!thing) {
    hold();
    steps("thing", {}, true);
    return;
  }
  sound.good();
  hold(thing.name, thing.size, thing.quantity || "");
  const isMove = KIND === "MOVE";
  if (isMove && !thing.lies) direct(task.dataset.scanPlace || "");
  else direct(task.dataset.put || "", isMove ? thing.lies : thing.place, thing.why || task.dataset.scanPlace);
  steps("place", { thing: thing.code });
}

/** @param {string} code @param {boolean} manual */
async function carry(code, manual) {
  const answer = await send(place, panel, thing.code, { kind: KIND, context: code }, manual);
  if (!answer) return;
  if (answer.outcome === "BLOCK" && answer.block_code !== "E28") {
    steps("place", { thing: thing.code }, true);
    return;
  }
  tell(answer.say || answer.todo || "");
  thing = null;
  hold();
  steps("thing", {});
}

inLine(async (code, manual) => {
  const letter = typeLetter(code);
  if (letter && (task.dataset.letter || "").includes(letter)) return takeThing(code);
  if (!thing) return notYet(task.dataset.scanFirst);
  return carry(code, manual);
});
