// @ts-check
/** The dock without the network: judged as mes/shipping/rules.py judges, in its order and its words, from what the dock holds. */
import { unknown, unreadable, wrongStep } from "lib/judge/door.js";
import { accept, refuse, say } from "lib/words.js";

const LOADABLE = ["SEALED", "IN_STORE", "STAGED"];
const UNSEALED = ["PLANNED", "OPEN"];

/** @typedef {{document: any, loads: Map<string, any>, packages: Map<string, any>}} Held */

/** @param {any} document the answer of /api/v1/shipping/jobs @returns {Held} */
export function build(document) {
  const held = { document, loads: new Map(), packages: new Map() };
  for (const listed of document.loads) {
    const load = { ...listed, cargo: [], dealers: listed.stops.map((/** @type {any} */ stop) => stop.dealer_id) };
    for (const stop of listed.stops) {
      for (const one of stop.packages) {
        const cargo = { ...one, dealer: stop.dealer, dealer_id: stop.dealer_id, stop: stop.position, load };
        load.cargo.push(cargo);
        held.packages.set(one.code, cargo);
      }
    }
    held.loads.set(load.code, load);
  }
  return held;
}

/** Do what was let pass. @param {Held} held @param {any} body */
export function apply(held, body) {
  const load = held.loads.get(body.context || body.code);
  const cargo = held.packages.get(body.code);
  if (load && body.kind === "SHIP_CLOSE") load.state = "CLOSED";
  if (cargo && body.kind === "LOAD") Object.assign(cargo, { is_loaded: true, state: "LOADED" });
  if (cargo && body.kind === "UNLOAD") Object.assign(cargo, { is_loaded: false, state: "SEALED" });
}

/** @param {Held} held @param {any} body @returns {any} the verdict, in the form of the server's answer */
export function judge(held, body) {
  const { document } = held;
  const isPackage = body.kind !== "SHIP_CLOSE";
  const refused = unreadable(document, body.code) || wrongStep(document, body, isPackage ? "K" : "S", isPackage ? "S" : "");
  if (refused) return refused;
  const load = held.loads.get(isPackage ? body.context : body.code);
  if (!load) return unknown(document, isPackage ? body.context : body.code);
  const cargo = held.packages.get(body.code);
  if (isPackage && !cargo) return unknown(document, body.code);
  const how = { LOAD: put, UNLOAD: takeOff, SHIP_CLOSE: close }[/** @type {string} */ (body.kind)];
  return how ? how(document, load, cargo) : null;
}

/** @param {any} document @param {any} load */
function closed(document, load) {
  if (["PLANNED", "LOADING"].includes(load.state)) return null;
  const got = say(document, "%(number)s: %(state)s", { number: load.number, state: document.load_states[load.state] });
  return refuse(document, "E24", say(document, "A load that is not closed"), got, say(document, "Put it aside and scan the code of the load that is being loaded."));
}

/** A refusal about a package. @param {any} document @param {string} block @param {[string, any]} expected @param {[string, any]} got @param {[string, any]} todo @param {any} cargo */
const about = (document, block, expected, got, todo, cargo) =>
  refuse(document, block, say(document, ...expected), say(document, ...got), say(document, ...todo), { name: cargo.label, size: cargo.order, package_id: cargo.id });

/** @param {any} document @param {any} load @param {any} cargo */
function elsewhere(document, load, cargo) {
  const facts = { package: cargo.full, load: cargo.load.number, number: load.number, dealer: cargo.dealer };
  const wanted = /** @type {[string, any]} */ (["A package of %(number)s", facts]);
  if (cargo.is_loaded && cargo.load !== load) {
    return about(document, "E12", wanted, ["%(package)s, loaded on %(load)s", facts], ["Bring it to %(load)s, or have it unloaded there by scan.", facts], cargo);
  }
  if (cargo.is_loaded) return about(document, "E28", ["A package not loaded yet", facts], ["%(package)s, already on", facts], ["Go on with the next package.", facts], cargo);
  if (!load.dealers.includes(cargo.dealer_id)) {
    return about(document, "E11", ["A package for a dealer of %(number)s", facts], ["%(package)s, for %(dealer)s", facts], ["Take it off. It goes to %(dealer)s.", facts], cargo);
  }
  if (cargo.load !== load && !UNSEALED.includes(cargo.state)) {
    return about(document, "E12", wanted, ["%(package)s, of load %(load)s", facts], ["Leave it for %(load)s.", facts], cargo);
  }
  return null;
}

const NAMED_AT_MOST = 4; // a tablet has no more room

/** The names of some packages as one. @param {any} document @param {any[]} cargo */
function joined(document, cargo) {
  const packages = cargo.slice(0, NAMED_AT_MOST).map((one) => one.full);
  const more = cargo.length - packages.length;
  return more ? say(document, document.more, { packages, count: cargo.length, more }) : packages;
}

/** What is unloaded later goes on first. @param {any} document @param {any} load @param {any} cargo */
function wrongStop(document, load, cargo) {
  const later = load.is_by_stop ? load.cargo.filter((/** @type {any} */ one) => !one.is_loaded && one.stop > cargo.stop) : [];
  if (!later.length) return null;
  const last = Math.max(...later.map((/** @type {any} */ one) => one.stop));
  const first = later.filter((/** @type {any} */ one) => one.stop === last);
  const facts = { package: cargo.full, stop: cargo.stop, packages: joined(document, first) };
  return about(document, "E29", ["Stop %(stop)s: %(dealer)s", { stop: last, dealer: first[0].dealer }], ["%(package)s, stop %(stop)s", facts], ["First load %(packages)s.", facts], cargo);
}

/** @param {any} document @param {any} cargo */
function notReady(document, cargo) {
  const facts = { package: cargo.full, state: document.states[cargo.state] };
  if (!LOADABLE.includes(cargo.state)) {
    return about(document, "E13", ["A sealed package", facts], ["%(package)s: %(state)s", facts], ["Bring it back to the packing bench and have it sealed.", facts], cargo);
  }
  if (!cargo.is_unpaid) return null;
  return about(document, "E13", ["An order that is paid in full", facts], ["%(package)s: not paid in full", facts], ["Leave it here and call the office: accounts can let it pass.", facts], cargo);
}

/** @param {any} document @param {any} load @param {any} cargo */
function put(document, load, cargo) {
  const unsealed = () => (UNSEALED.includes(cargo.state) ? notReady(document, cargo) : null);
  const refused = closed(document, load) || elsewhere(document, load, cargo) || unsealed() || wrongStop(document, load, cargo) || notReady(document, cargo);
  return refused || accept(say(document, "%(package)s is on.", { package: cargo.full }), { name: cargo.label, size: cargo.order, package_id: cargo.id });
}

/** @param {any} document @param {any} load @param {any} cargo */
function takeOff(document, load, cargo) {
  const refused = closed(document, load);
  if (refused) return refused;
  const facts = { package: cargo.full };
  if (cargo.load !== load || !cargo.is_loaded) return about(document, "E12", ["A package on this vehicle", facts], ["%(package)s, not on it", facts], ["Nothing to unload. Scan the package that is to come off.", facts], cargo);
  return accept(say(document, "%(package)s is off.", facts), { name: cargo.label, size: cargo.order, package_id: cargo.id });
}

/** @param {any} document @param {any} load */
function close(document, load) {
  const refused = closed(document, load);
  const missing = load.cargo.filter((/** @type {any} */ one) => !one.is_loaded);
  const total = load.cargo.length;
  const going = new Set(load.cargo.filter((/** @type {any} */ one) => one.is_loaded).map((/** @type {any} */ one) => one.order));
  const absent = load.absent.filter((/** @type {string} */ order) => going.has(order));
  if (!refused && total && !missing.length && absent.length) {
    const facts = { count: absent.length, orders: [...new Set(absent)].slice(0, 4) };
    return refuse(document, "E10", say(document, "Whole orders, or a signature"), say(document, "%(count)s packages of %(orders)s are not on this load's list", facts), say(document, "Press “Papers”: the team leader signs that they go later."));
  }
  if (refused || (total && !missing.length)) return refused || accept(say(document, "Load %(number)s is closed.", { number: load.number }), { name: load.number });
  const todo = total ? say(document, "Load what is missing: %(packages)s.", { packages: joined(document, missing) }) : say(document, "Put packages onto the list first.");
  return refuse(document, "E10", say(document, "%(count)s packages", { count: total }), say(document, "%(count)s packages", { count: total - missing.length }), todo);
}
