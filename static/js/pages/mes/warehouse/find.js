// @ts-check
/** Where is it, in two scans: the thing, then the place to make sure. A place that is scanned first tells what lies there. */
import { typeLetter } from "lib/codes.js";
import * as sound from "lib/sound.js";
import { show } from "lib/verdict.js";
import { direct, hold, inLine, list, look, panel, steps, task, tell } from "pages/mes/warehouse/hand.js";

/** @type {any} what is sought */
let thing = null;

/** @param {string} code */
function compare(code) {
  const isRight = thing.places.includes(code);
  if (isRight) {
    sound.good();
    show(panel, { kind: "done", name: thing.place, size: task.dataset.right });
  } else {
    sound.bad();
    show(panel, { kind: "stop", word: task.dataset.other, todo: thing.place });
  }
  tell(`${thing.name} · ${thing.place}`, isRight ? "done" : "stop");
  steps("place", { thing: thing.name }, !isRight);
  if (isRight) thing = null;
}

/** @param {string} code */
async function seek(code) {
  const isPlace = typeLetter(code) === "L";
  const found = await look(task.dataset.lookUrl, { code });
  thing = isPlace ? null : found;
  if (!found) return steps("thing", {}, true);
  sound.good();
  hold(found.name);
  list(found.lines.map((/** @type {string} */ line) => [line, ""]));
  direct((found.place ? task.dataset.lies : task.dataset.nowhere) || "", found.place, found.say);
  steps(isPlace || !found.place ? "thing" : "place", { thing: found.name });
}

inLine(async (code) => {
  if (thing && thing.place && typeLetter(code) === "L") return compare(code);
  return seek(code);
});
