// @ts-check
/** The packing bench without the network: judged as mes/packing/rules.py judges, in its order and its words, from what the bench holds. */
import { typeLetter } from "lib/codes.js";
import { unknown, unreadable, wrongStep } from "lib/judge/door.js";
import { accept, listed, refuse, say } from "lib/words.js";

const REOPENABLE = ["SEALED", "IN_STORE", "STAGED"];

/**
 * @typedef {{code: string, name: string, size: string, rule: string, mirror: string | null, state: string, isIn: boolean, next: string | null, set: string, room: string, home: any}} Item
 * @typedef {{document: any, boxes: Map<string, any>, pieces: Map<string, Item>, lots: Map<string, any>}} Held
 */

/** @param {any} listed @returns {[number, any]} */
const needOf = ([material, name, needed, counted]) => [material, { name, needed, counted }];

/** @param {any} document the answer of /api/v1/packing/jobs @returns {Held} */
export function build(document) {
  const lots = new Map(document.lots.map((/** @type {any} */ [code, material, name]) => [code, { material, name }]));
  const held = { document, boxes: new Map(), pieces: new Map(), lots };
  for (const packed of document.packages) {
    const box = { ...packed, items: [], kit: packed.kit && { ...packed.kit, needs: new Map(packed.kit.needs.map(needOf)) } };
    for (const [code, name, size, rule, mirror, state, isIn, next, set, room] of packed.pieces) {
      const item = { code, name, size, rule, mirror, state, isIn, next, set, room: room || packed.room, home: box };
      box.items.push(item);
      held.pieces.set(code, item);
    }
    held.boxes.set(box.code, box);
  }
  return held;
}

/** Do what was let pass. @param {Held} held @param {any} body */
export function apply(held, body) {
  const box = held.boxes.get(body.context || body.code);
  const item = held.pieces.get(body.code);
  if (box && body.kind === "PACK_OPEN") box.state = "OPEN";
  if (box && body.kind === "PACK_SEAL") box.state = "SEALED";
  if (box && body.kind === "PACK_REOPEN") box.state = "OPEN";
  const need = box?.kit?.needs.get(held.lots.get(body.code)?.material);
  if (need) need.counted = body.kind === "PACK_ADD" ? need.counted + body.quantity : 0;
  if (item && body.kind === "PACK_ADD") Object.assign(item, { isIn: true, state: "PACKED" });
  if (item && body.kind === "PACK_REMOVE") Object.assign(item, { isIn: false, state: "MADE" });
}

/** @param {Held} held @param {any} body @returns {any} the verdict, in the form of the server's answer */
export function judge(held, body) {
  const { document } = held;
  const isPiece = ["PACK_ADD", "PACK_REMOVE"].includes(body.kind);
  const refused = unreadable(document, body.code) || wrongStep(document, body, isPiece ? "PR" : "K", isPiece ? "K" : "");
  if (refused) return refused;
  const box = held.boxes.get(isPiece ? body.context : body.code);
  if (!box) return unknown(document, isPiece ? body.context : body.code);
  if (typeLetter(body.code) === "R") return hardware(held, box, body);
  if (body.kind === "PACK_SEAL") return seal(document, box, body);
  const item = held.pieces.get(body.code);
  if (isPiece && !item) return unknown(document, body.code);
  const how = { PACK_OPEN: open, PACK_REOPEN: reopen, PACK_ADD: add, PACK_REMOVE: takeOut }[/** @type {string} */ (body.kind)];
  return how ? how(document, box, /** @type {any} */ (item)) : null;
}

/** @param {any} box @param {Item} [item] what the bench draws */
const shown = (box, item) => ({ name: item ? item.name : box.label, size: item ? item.size : "", package_id: box.id, code: box.code });

/** @param {any} document @param {any} box @param {string} expected @param {string} todo */
const closed = (document, box, expected, todo) =>
  refuse(document, "E24", say(document, expected), `${box.label}: ${document.states[box.state]}`, say(document, todo));

/** @param {any} document @param {any} box */
const orderClosed = (document, box) =>
  box.is_open ? null : refuse(document, "E24", say(document, "An order in production"), say(document, "%(order)s, closed", box), say(document, "Put it aside and call the team leader."));

/** @param {any} document @param {any} box */
function notOpen(document, box) {
  if (!box.is_open || box.state === "OPEN") return orderClosed(document, box);
  const isSealed = REOPENABLE.includes(box.state);
  const todo = isSealed ? "Press “More”, then “Open again”, or scan another package." : "Scan the label of the package that you are packing.";
  return closed(document, box, "An open package", todo);
}

/** @param {any} document @param {any} box */
function open(document, box) {
  const isSealed = REOPENABLE.includes(box.state);
  const todo = isSealed ? "Press “More”, then “Open again”, or scan another package." : "Scan another package.";
  const refused = orderClosed(document, box) || (["PLANNED", "OPEN"].includes(box.state) ? null : closed(document, box, "A package that is not sealed", todo));
  return refused || accept(say(document, "%(package)s is open.", { package: box.label }), shown(box));
}

/** @param {any} document @param {any} box */
function reopen(document, box) {
  const todo = { PLANNED: "Scan its label to open it.", OPEN: "It is open: go on packing.", LOADED: "Have it unloaded first." }[/** @type {string} */ (box.state)];
  const refused = orderClosed(document, box) || (REOPENABLE.includes(box.state) ? null : closed(document, box, "A sealed package", todo || "Ask the team leader."));
  return refused || accept(say(document, "%(package)s is open again.", { package: box.label }), shown(box));
}

/** Hardware that is counted in, or anew; a lot that is not held the server judges. @param {Held} held @param {any} box @param {any} body */
function hardware({ document, lots }, box, body) {
  const lot = lots.get(body.code);
  if (!lot) return null;
  const need = box.kit?.needs.get(lot.material);
  const refused = notOpen(document, box);
  if (refused) return refused;
  if (body.kind === "PACK_REMOVE") return accept(say(document, "%(name)s is counted anew.", lot), shown(box));
  if (!need || box.kit.check !== "count") {
    const names = box.kit ? [...box.kit.needs.values()].map((one) => one.name).join(listed()) : say(document, "A package without hardware");
    return refuse(document, "E08", names, lot.name, say(document, "Put it back; it does not belong into this package."));
  }
  const [left, count] = [need.needed - need.counted, body.quantity];
  const times = (/** @type {number} */ many) => say(document, "%(count)s × %(name)s", { count: many, name: need.name });
  if (count > left) return refuse(document, "E30", times(left), times(count), say(document, "Put back what is too many."));
  const facts = { name: need.name, count: need.counted + count, total: need.needed };
  return accept(say(document, "%(name)s: %(count)s of %(total)s are in.", facts), { ...shown(box), name: need.name, size: `${facts.count} / ${facts.total}` });
}

/** What is wrong with the kit of a package that is to be sealed. @param {any} document @param {any} box @param {number} grams 1: not weighed */
function kitWrong(document, box, grams) {
  const kit = box.kit;
  if (kit?.check === "count") {
    const short = [...kit.needs.values()].find((one) => one.counted < one.needed);
    if (!short) return null;
    const times = (/** @type {number} */ count) => say(document, "%(count)s × %(name)s", { count, name: short.name });
    return refuse(document, "E08", times(short.needed), times(short.counted), say(document, "Count in what is missing: scan its label, then how many."), shown(box));
  }
  if (kit?.check !== "weight") return null;
  const expected = say(document, "%(kg)s kg, ± %(more)s", { kg: kit.kg, more: kit.tolerance_kg });
  const wrong = (/** @type {string} */ got, /** @type {string} */ todo) => refuse(document, "E08", expected, got, todo, shown(box));
  if (kit.unweighed.length) return wrong(say(document, "A weight nobody can compare"), say(document, "The office enters what one weighs: %(names)s.", { names: kit.unweighed }));
  if (grams <= 1) return wrong(say(document, "Not weighed"), say(document, "Put it on the scales and type the weight."));
  const isRight = Math.abs(grams - Math.round(kit.kg * 1e6) / 1000) <= kit.tolerance_kg * 1000 + 1e-6;
  return isRight ? null : wrong(say(document, "%(kg)s kg", { kg: grams / 1000 }), say(document, "Compare the kit with its list, piece by piece."));
}

/** What eyes saw of handing and colour. @param {any} document @param {any} box @param {string | null} said */
function lookWrong(document, box, said) {
  const [word, parts] = box.look;
  if (!said || said === word) return null;
  return refuse(document, "E04", parts.join(listed()), say(document, "It looks different"), say(document, "Take out what differs, put it aside and call the team leader."), shown(box));
}

/** @param {any} document @param {any} box @param {any} body */
function seal(document, box, body) {
  const missing = box.items.filter((/** @type {Item} */ item) => !item.isIn).map((/** @type {Item} */ item) => item.name);
  const count = { count: box.items.length };
  const short = () => refuse(document, "E01", say(document, "%(count)s parts", count), say(document, "%(count)s parts", { count: box.items.length - missing.length }), say(document, "Scan what is missing: %(pieces)s.", { pieces: missing }), shown(box));
  const refused = notOpen(document, box) || (missing.length ? short() : null) || kitWrong(document, box, body.quantity) || lookWrong(document, box, body.witness);
  return refused || accept(say(document, "%(package)s is sealed.", { package: box.label }), shown(box));
}

/** @param {any} document @param {any} box @param {Item} item */
function elsewhere(document, box, item) {
  if (!item.isIn || item.home === box) return null;
  const facts = { piece: item.name, order: item.home.order, package: item.home.label };
  return refuse(document, "E06", say(document, "A piece not packed yet"), say(document, "%(piece)s, in %(order)s %(package)s", facts), say(document, "Take it back to %(order)s %(package)s.", facts));
}

/** @param {any} document @param {any} box @param {Item} item */
function otherSet(document, box, item) {
  const isSameOrder = item.home.order === box.order;
  if (item.set === box.set || (isSameOrder && !box.set)) return null; // a package without a set is shared by those of its order
  const [wanted, came] = isSameOrder ? [box.set, item.set] : [box.order, item.home.order];
  const todo = say(document, "Take it out and put it with %(order)s, %(room)s.", { order: came, room: item.room });
  return refuse(document, "E03", `${wanted} · ${box.room}`, `${came} · ${item.room} · ${item.name}`, todo);
}

/** @param {any} document @param {any} box @param {Item} item */
function notOfBox(document, box, item) {
  if (item.home === box) return null;
  const twin = box.items.find((/** @type {Item} */ one) => !one.isIn && one.set === item.set && (one.rule === item.mirror || item.rule === one.mirror));
  if (twin) return refuse(document, "E05", twin.name, item.name, say(document, "Take it out and look for %(twin)s.", { twin: twin.name }));
  const facts = { piece: item.name, package: item.home.label };
  return refuse(document, "E02", box.label, say(document, "%(piece)s, of %(package)s", facts), say(document, "Take it out. It goes into %(package)s.", facts));
}

/** @param {any} document @param {Item} item */
function notReady(document, item) {
  const state = `${item.name}: ${document.piece_states[item.state]}`;
  if (["VOID", "REMAKE"].includes(item.state)) return refuse(document, "E07", say(document, "A good piece"), state, say(document, "Take it out and put it aside. A new piece will come."));
  if (item.state === "MADE") return null;
  const facts = { operation: item.next };
  const [got, todo] = item.next ? [say(document, "Next: %(operation)s", facts), say(document, "Bring it to %(operation)s.", facts)] : [state, say(document, "Put it aside and call the team leader.")];
  return refuse(document, "E23", say(document, "All operations done"), got, todo);
}

/** @param {any} document @param {any} box @param {Item} item */
function add(document, box, item) {
  const here = () => refuse(document, "E28", say(document, "A piece not packed yet"), say(document, "%(piece)s, already in here", { piece: item.name }), say(document, "Go on with the next piece."), shown(box, item));
  const refused = notOpen(document, box) || elsewhere(document, box, item) || (item.isIn ? here() : null);
  return refused || otherSet(document, box, item) || notOfBox(document, box, item) || notReady(document, item) || accept(say(document, "%(piece)s is in.", { piece: item.name }), shown(box, item));
}

/** @param {any} document @param {any} box @param {Item} item */
function takeOut(document, box, item) {
  const none = () => refuse(document, "E02", say(document, "A piece out of %(package)s", { package: box.label }), say(document, "%(piece)s, not packed", { piece: item.name }), say(document, "Nothing to take out. Scan the piece that is to go."));
  const refused = notOpen(document, box) || elsewhere(document, box, item) || (item.isIn ? null : none());
  return refused || accept(say(document, "%(piece)s is out.", { piece: item.name }), shown(box, item));
}
