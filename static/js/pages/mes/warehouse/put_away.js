// @ts-check
/** Put packages away: package, place, one piece of it. A new package label always begins anew. */
import { typeLetter } from "lib/codes.js";
import { Desk } from "lib/desk.js";
import * as judge from "lib/judge/store.js";
import * as sound from "lib/sound.js";
import { goOnWithout, send } from "lib/station.js";
import { direct, hold, inLine, look, notYet, panel, place, steps, task, tell } from "pages/mes/warehouse/hand.js";

const desk = new Desk("store", task.dataset.jobsUrl || "", judge);
/** @type {any} the package in hand */
let thing = null;
let placeCode = "";

/** @param {string} code */
async function takePackage(code) {
  placeCode = "";
  thing = await look(task.dataset.lookUrl, { code }, () => desk.held && judge.look(desk.held, code));
  if (!thing) {
    hold();
    steps("package", {}, true);
    return;
  }
  sound.good();
  hold(thing.name, `${thing.size} · ${thing.dealer}`);
  direct(task.dataset.put || "", thing.place, thing.why);
  steps("place", { package: thing.code });
}

/** A soft word about a place that is not the proposed one; it is the keeper's to choose. */
function elsewhere() {
  if (!thing.place_code || thing.place_code === placeCode) return "";
  return (task.dataset.proposed || "").replace("{place}", thing.place);
}

/** @param {string} code @param {boolean} manual */
async function takePlace(code, manual) {
  placeCode = code;
  if (!thing.needs_witness) return store(null, manual);
  sound.good();
  direct(task.dataset.scanPiece || "", "", elsewhere());
  steps("piece", { package: thing.code, place: code });
}

/** @param {string | null} witness @param {boolean} manual */
async function store(witness, manual) {
  const answer = await send(place, panel, thing.code, { kind: "STORE_IN", context: placeCode, witness }, manual);
  if (!answer) return; // nothing is confirmed: the same scan again asks again
  const isPlaceWrong = answer.outcome === "BLOCK" && ["E20", "E21", "E22"].includes(answer.block_code) && witness === null;
  if (answer.outcome === "BLOCK" && answer.block_code !== "E28") {
    steps(isPlaceWrong ? "place" : "piece", { package: thing.code, place: placeCode }, true);
    return;
  }
  const hint = elsewhere();
  tell([answer.say || answer.todo || "", hint].filter(Boolean).join(" "), hint ? "attn" : "done");
  thing = null;
  hold();
  steps("package", {});
}

goOnWithout(desk);
desk.start(() => {}); // what is in hand stays in hand
inLine(async (code, manual) => {
  const letter = typeLetter(code);
  if (letter === "K") return takePackage(code);
  if (!thing) return notYet(task.dataset.scanPackage);
  if (letter === "L") return takePlace(code, manual);
  if (!placeCode) return notYet(task.dataset.placeFirst);
  return store(code, manual);
});
