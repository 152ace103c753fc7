// @ts-check
/** Counting without the network: judged as mes/counting/scans.py judges, from what the handheld holds; what is booked it does not know. */
import { typeLetter } from "lib/codes.js";
import { unknown, unreadable, wrongStep } from "lib/judge/door.js";
import { accept, refuse, say } from "lib/words.js";

const COUNTED = "COUNTED"; // finished on this device: what the server makes of it is not known yet
const STRIKE = "STRIKE";

/**
 * @typedef {{code: string, name: string, kind: string, state: string, number: string, who: string, counter: string, isAgain: boolean,
 *   again: string[][], settled: string[], entered: Map<string, number>}} Spot
 * @typedef {{document: any, spots: Map<string, Spot>, lots: Map<string, any>, packages: Map<string, any>}} Held
 */

/** @param {any} document the answer of /api/v1/counting/jobs @returns {Held} */
export function build(document) {
  const spots = document.places.map((/** @type {any} */ one) => {
    const { code, name, kind, state = "", number = "", counter = "", is_again: isAgain = false, again = [], settled = [] } = one;
    const who = one.is_mine ? document.badge : "";
    return [code, { code, name, kind, state, number, who, counter: one.is_mine ? "" : counter, isAgain, again, settled, entered: new Map(one.entered) }];
  });
  const lots = document.lots.map((/** @type {any} */ [code, name, unit, isOffcut]) => [code, { name, unit: document.units[unit], isOffcut }]);
  const packages = document.packages.map((/** @type {any} */ [code, name, order]) => [code, { name, order }]);
  return { document, spots: new Map(spots), lots: new Map(lots), packages: new Map(packages) };
}

/** Whose scan it is. @param {Held} held @param {any} body */
const whose = (held, body) => body.badge || held.document.badge;

/** Is a round of this person's under way at a place? @param {Held} held @param {string} code @param {string | undefined} badge */
export function isUnderWay(held, code, badge) {
  const spot = held.spots.get(code);
  return Boolean(spot && spot.state === "COUNTING" && !spot.counter && spot.who === (badge || held.document.badge));
}

/** The places that wait for a count. @param {Held} held @returns {string[][]} name and state */
export function waiting(held) {
  const open = [...held.spots.values()].filter((spot) => ["PLANNED", "COUNTING", "RECOUNT"].includes(spot.state));
  return open.map((spot) => [spot.name, held.document.count_states[spot.state]]);
}

/** Do what was let pass. @param {Held} held @param {any} body */
export function apply(held, body) {
  const spot = held.spots.get(body.context);
  if (!spot) return;
  const isPlace = body.code === body.context;
  if (isPlace && spot.state === "COUNTING") spot.state = COUNTED;
  else if (spot.state !== "COUNTING") Object.assign(spot, { state: "COUNTING", who: whose(held, body), counter: "", entered: new Map() });
  if (isPlace) return;
  if (body.witness === STRIKE) spot.entered.delete(body.code);
  else spot.entered.set(body.code, (spot.entered.get(body.code) || 0) + body.quantity);
}

/** @param {Held} held @param {any} body @returns {any} the verdict, in the form of the server's answer */
export function judge(held, body) {
  const { document } = held;
  const refused = unreadable(document, body.code) || (body.context && unreadable(document, body.context)) || wrongStep(document, body, "ROKL", "L");
  if (refused) return refused;
  const spot = held.spots.get(body.context);
  if (!spot) return unknown(document, body.context);
  const letter = typeLetter(body.code);
  const stopped = (letter === "L" && otherPlace(held, spot, body.code)) || closed(document, spot) || taken(held, spot, body);
  if (stopped) return stopped;
  if (letter === "L") return place(document, spot);
  const thing = letter === "K" ? held.packages.get(body.code) : held.lots.get(body.code);
  if (body.witness === STRIKE) return struck(document, spot, body.code, thing);
  return letter === "K" ? boxed(document, spot, body.code, thing) : lot(document, spot, body, thing);
}

/** @param {Held} held @param {Spot} spot @param {string} code */
function otherPlace({ document, spots }, spot, code) {
  if (code === spot.code) return null;
  const other = spots.get(code);
  if (!other) return unknown(document, code);
  const facts = { place: spot.name };
  return refuse(document, "E22", say(document, "A label at %(place)s, or its own to finish", facts), other.name, say(document, "Finish %(place)s first: scan its label again.", facts));
}

/** @param {any} document @param {Spot} spot */
function closed(document, spot) {
  const facts = { place: spot.name, number: spot.number };
  const expected = say(document, "A place that may be counted");
  if (spot.state === "APPROVAL") {
    const todo = say(document, "Count another place, or have %(number)s decided first.", facts);
    return refuse(document, "E24", expected, say(document, "%(place)s, counted: its difference waits for approval", facts), todo);
  }
  if (spot.state !== COUNTED) return null;
  const todo = say(document, "Count another place. This one is compared when the network is back.");
  return refuse(document, "E24", expected, say(document, "%(place)s, counted: the result comes with the network", facts), todo);
}

/** @param {Held} held @param {Spot} spot @param {any} body */
function taken(held, spot, body) {
  const { document } = held;
  const who = whose(held, body);
  if (spot.state !== "COUNTING" || (!spot.counter && spot.who === who)) return null;
  const expected = say(document, "%(name)s, who is counting %(place)s", { name: spot.counter || spot.who, place: spot.name });
  const todo = say(document, "Count another place. Two who count the same shelf count it twice.");
  return refuse(document, "E27", expected, who === document.badge ? document.person : who, todo);
}

/** The label of the place: it begins a round, or finishes it. @param {any} document @param {Spot} spot */
function place(document, spot) {
  const facts = { place: spot.name };
  if (spot.state === "COUNTING") {
    const sentence = say(document, "%(place)s is counted. It is compared with the book when the network is back.", facts);
    return accept(sentence, { name: spot.name, again: [], is_finished: true });
  }
  const again = spot.isAgain ? spot.again : [];
  const sentence = again.length ? "Count again at %(place)s what is listed, nothing else." : "Count what lies at %(place)s. Its own label finishes.";
  return accept(say(document, sentence, facts), { name: spot.name, again, is_begun: true });
}

/** @param {any} document @param {Spot} spot @param {string} expected @param {string} name */
function strange(document, spot, expected, name) {
  const got = say(document, "%(thing)s at %(place)s", { thing: name, place: spot.name });
  return refuse(document, "E22", say(document, expected), got, say(document, "It may not lie here. Carry it to where it belongs, and count it there."));
}

/** @param {any} document @param {string} expected @param {string} name */
const before = (document, expected, name) =>
  refuse(document, "E28", say(document, expected), say(document, "%(thing)s, counted already", { thing: name }), say(document, "Go on with the next one."));

/** @param {any} document @param {Spot} spot @param {string} code @param {string} name */
const settled = (document, spot, code, name) =>
  spot.isAgain && spot.settled.includes(code) ? before(document, "What differed at the first count", name) : null;

/** A lot that is not held may have come since: the server says later what it is. @param {any} document @param {Spot} spot @param {any} body @param {any} held */
function lot(document, spot, body, held) {
  const name = held ? held.name : body.code;
  if (!document.for_material.includes(spot.kind)) return strange(document, spot, "The label of a package", name);
  const refused = settled(document, spot, body.code, name);
  if (refused) return refused;
  const counted = spot.entered.get(body.code) || 0;
  if (held?.isOffcut && (body.quantity > 1 || counted)) {
    return refuse(document, "E30", say(document, "1 pcs: an offcut has a label of its own"), say(document, "%(lot)s, more than once", { lot: body.code }), say(document, "Scan the label of the other piece."));
  }
  const facts = { qty: counted + body.quantity, unit: held?.unit, thing: name, place: spot.name };
  const sentence = held ? "%(qty)s %(unit)s of %(thing)s counted at %(place)s." : "%(thing)s: %(qty)s counted at %(place)s.";
  return accept(say(document, sentence, facts), { name, size: `${facts.qty} ${held?.unit || ""}`.trim() });
}

/** @param {any} document @param {Spot} spot @param {string} code @param {any} held */
function boxed(document, spot, code, held) {
  const name = held ? held.name : code;
  if (!document.for_packages.includes(spot.kind)) return strange(document, spot, "The label of a lot", name);
  const refused = settled(document, spot, code, name);
  if (refused || spot.entered.has(code)) return refused || before(document, "A package that is not counted yet", name);
  const sentence = held ? say(document, "%(order)s %(package)s is there.", { order: held.order, package: name }) : say(document, "%(thing)s is there.", { thing: code });
  return accept(sentence, { name, size: held ? held.order : "" });
}

/** @param {any} document @param {Spot} spot @param {string} code @param {any} held */
function struck(document, spot, code, held) {
  const name = held ? held.name : code;
  if (spot.entered.has(code)) return accept(say(document, "Taken back. Count it anew."), { name });
  const [expected, got] = [say(document, "What was counted at %(place)s in this round", { place: spot.name }), say(document, "%(thing)s, not counted", { thing: name })];
  return refuse(document, "E22", expected, got, say(document, "Nothing to take back. Scan what lies there."));
}
