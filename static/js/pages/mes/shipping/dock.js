// @ts-check
/** The dock: a load's code takes a vehicle in hand, packages go onto it, the load's code again (or the button) closes it. */
import { get } from "lib/api.js";
import { typeLetter } from "lib/codes.js";
import { Desk } from "lib/desk.js";
import * as judge from "lib/judge/load.js";
import { isOnline } from "lib/net.js";
import * as parts from "lib/parts.js";
import { forget, restore, signature } from "lib/sign.js";
import { goOnWithout, holdDown, send, startStation } from "lib/station.js";
import * as sound from "lib/sound.js";
import { show } from "lib/verdict.js";

const place = /** @type {HTMLElement} */ (document.querySelector("[data-scan-url]"));
const panel = /** @type {HTMLElement} */ (document.getElementById("verdict"));
const dock = /** @type {HTMLElement} */ (document.getElementById("dock"));
const desk = new Desk("load", dock.dataset.jobsUrl || "", judge);
const ROOM = 7; // rows that fit beside the verdict without scrolling
let isUnloading = false;

/** What is in hand. @returns {DOMStringMap} */
const inHand = () => /** @type {HTMLElement} */ (document.getElementById("job")).dataset;

/** Take another load in hand: its page says how far it is. @param {string} code */
async function takeInHand(code) {
  if (!isOnline() && desk.held?.loads.has(code)) {
    drawHeld(code);
    sound.good();
    show(panel, { kind: "wait", word: dock.dataset.scan, name: dock.dataset.nextPackage });
    await desk.hold(code);
    return;
  }
  const found = await get(`${dock.dataset.resolveUrl}?code=${encodeURIComponent(code)}`).catch(() => null);
  const loadId = /\/loads\/(\d+)\//.exec(found?.url || "")?.[1];
  if (!loadId) {
    sound.bad();
    const { unreachable: word, unreachableTodo: todo } = place.dataset;
    show(panel, found ? { kind: "stop", number: found.block_code, got: code, todo: found.todo } : { kind: "stop", word, todo });
    return;
  }
  const address = new URL(window.location.href);
  address.searchParams.set("load", loadId);
  window.location.assign(address);
}

/** @param {string} code @returns {import("lib/station.js").Wanted | null} */
function want(code) {
  const hand = inHand();
  if (typeLetter(code) === "S") {
    if (code === hand.code) return { kind: "SHIP_CLOSE" };
    takeInHand(code);
    return null;
  }
  if (!hand.code) {
    show(panel, { kind: "attn", name: dock.dataset.firstLoad, todo: dock.dataset.firstLoadTodo });
    return null;
  }
  return { kind: isUnloading ? "UNLOAD" : "LOAD", context: hand.code };
}

/** @param {boolean} isOn */
function unloading(isOn) {
  isUnloading = isOn;
  document.querySelector('[data-act="take-off"]')?.setAttribute("aria-pressed", String(isOn));
  if (isOn) show(panel, { kind: "wait", word: dock.dataset.takeOff });
}

/** Draw a load as this device knows it. @param {string} code @param {string} [last] the code of the package that was just scanned */
function drawHeld(code, last) {
  const load = desk.held?.loads.get(code);
  const job = document.getElementById("job");
  const inside = document.getElementById("inside");
  if (!load || !job || !inside) return;
  const missing = load.cargo.filter((/** @type {any} */ one) => !one.is_loaded);
  const just = load.cargo.filter((/** @type {any} */ one) => one.is_loaded && one.code === last);
  const done = load.cargo.length - missing.length;
  const where = load.stops.map((/** @type {any} */ stop) => stop.dealer).join(" · ");
  parts.inHand(job, load.vehicle, load.number, where, done, load.cargo.length, { load: String(load.id), code: load.code, state: load.state });
  const rows = [...just, ...missing.slice(0, ROOM)].map((one) => ({ name: one.label, size: one.place || one.order.slice(-4), isIn: one.is_loaded, isLast: one.code === last }));
  const aside = inside.querySelector("aside") || inside.appendChild(document.createElement("aside"));
  aside.className = "contents";
  parts.contents(aside, panel.dataset.sprite || "", dock.dataset.missing || "", missing.length ? "" : dock.dataset.allOn || "", rows);
  parts.mainAct("close-act", !missing.length && ["PLANNED", "LOADING"].includes(load.state));
}

/** Put the parts of the load in place. @param {string} loadId @param {string | number} [last] */
async function refresh(loadId, last) {
  const url = (dock.dataset.partsUrl || "").replace("/0/", `/${loadId}/`) + (last ? `?last=${last}` : "");
  const answer = await fetch(url, { credentials: "same-origin" }).catch(() => null);
  if (!answer || !answer.ok) return drawHeld(inHand().code || ""); // the verdict stands; the server's list comes with the next scan
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["job", "inside", "main-act", "sign"]) {
    const part = fresh.getElementById(id);
    if (part) document.getElementById(id)?.replaceWith(part);
  }
  return undefined;
}

/** @param {any} answer @param {string} [code] */
function answered(answer, code) {
  if (answer.outcome !== "BLOCK") unloading(false);
  const { load } = inHand();
  if (answer.isLocal) return drawHeld(inHand().code || "", code);
  return load && refresh(load, answer.shown?.package_id);
}

/** A page that was opened without the network shows what was in hand; one that has it, what the server says. */
async function begin() {
  goOnWithout(desk);
  await desk.start(() => inHand().load && refresh(inHand().load || ""));
  if (!isOnline()) drawHeld(await desk.inHand());
  else if (inHand().code) await desk.hold(inHand().code || "");
}

/** @param {object} [override] */
async function close(override) {
  const { code } = inHand();
  if (!code) return;
  const answer = await send(place, panel, code, override ? { kind: "SHIP_CLOSE", override } : { kind: "SHIP_CLOSE" });
  if (answer && answer.outcome !== "BLOCK") forget();
  if (answer) await answered(answer);
}

/** Show the papers, or the form of a signed exception, in the place of the verdict. */
function showSign() {
  const sign = document.getElementById("sign");
  if (!(sign instanceof HTMLTemplateElement)) return;
  panel.className = "verdict wait list";
  panel.replaceChildren(sign.content.cloneNode(true));
  restore(panel);
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-act]") : null;
  const act = button?.getAttribute("data-act");
  if (act === "close") holdDown(button, close());
  if (act === "sign") showSign();
  if (act === "take-off") unloading(!isUnloading);
  if (act === "take-off") button?.closest("details")?.removeAttribute("open");
});

panel.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-sign]")) return;
  event.preventDefault();
  holdDown(form.querySelector("[type=submit]"), close(signature(form)));
});

startStation({ place, panel, want, answered, ready: begin() });
