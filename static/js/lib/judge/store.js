// @ts-check
/** Putting packages away without the network: judged as mes/warehouse/rules.py judges, from what the handheld holds. */
import { unknown, unreadable, wrongStep } from "lib/judge/door.js";
import { accept, refuse, say } from "lib/words.js";

/** @typedef {{document: any, packages: Map<string, any>, places: Map<string, any>, homes: Map<string, any>}} Held */

/** @param {any} document the answer of /api/v1/warehouse/jobs @returns {Held} */
export function build(document) {
  const packages = new Map(document.packages.map((/** @type {any} */ one) => [one.code, { ...one }]));
  const places = new Map(document.places.map((/** @type {any} */ one) => [one.code, one]));
  const homes = new Map([...packages.values()].flatMap((one) => one.pieces.map((/** @type {string} */ code) => [code, one])));
  return { document, packages, places, homes };
}

/** Do what was let pass. @param {Held} held @param {any} body */
export function apply(held, body) {
  const box = held.packages.get(body.code);
  if (box && body.kind === "STORE_IN") box.lies = body.context;
}

/** What is in hand, as /api/v1/warehouse/packages shows it. @param {Held} held @param {string} code */
export function look(held, code) {
  const { document } = held;
  const refused = unreadable(document, code) || wrongStep(document, { kind: "STORE_IN", code }, "K");
  const box = held.packages.get(code);
  if (refused || !box) return refused || unknown(document, code);
  return accept("", box);
}

/** @param {Held} held @param {any} body @returns {any} the verdict, in the form of the server's answer */
export function judge(held, body) {
  const { document } = held;
  const refused = unreadable(document, body.code) || wrongStep(document, body, "K", "L");
  if (refused) return refused;
  const [box, place] = [held.packages.get(body.code), held.places.get(body.context)];
  if (!box || !place) return unknown(document, box ? body.context : body.code);
  return wrongPlace(document, box, place) || wrongWitness(held, box, body.witness) || stored(document, box, place);
}

/** @param {any} document @param {any} box @param {any} place */
function wrongPlace(document, box, place) {
  if (place.kind !== "FINISHED") {
    const got = `${place.name} · ${document.place_kinds[place.kind]}`;
    return refuse(document, "E22", say(document, "A place of the finished-goods store"), got, say(document, "Scan the label of another place."));
  }
  if (box.lies !== place.code) return null;
  const got = say(document, "%(package)s, already at %(place)s", { package: box.name, place: place.name });
  return refuse(document, "E28", say(document, "Another place"), got, say(document, "Scan the next package."));
}

/** @param {Held} held @param {any} box @param {string | null} witness */
function wrongWitness(held, box, witness) {
  const { document } = held;
  if (!box.pieces.length || (witness && box.pieces.includes(witness))) return null;
  const expected = say(document, "A piece of %(order)s %(package)s", { order: box.order, package: box.name });
  if (!witness) return refuse(document, "E09", expected, say(document, "No piece scanned"), say(document, "Scan any piece in the package."));
  const home = held.homes.get(witness);
  const got = home ? `${home.order} ${home.name}` : witness;
  return unreadable(document, witness) || refuse(document, "E09", expected, got, say(document, "Do not store it. Take it back to the packing bench."));
}

/** @param {any} document @param {any} box @param {any} place */
function stored(document, box, place) {
  const sentence = say(document, "%(order)s %(package)s is at %(place)s.", { order: box.order, package: box.name, place: place.name });
  return accept(sentence, { name: place.name, size: box.name });
}
