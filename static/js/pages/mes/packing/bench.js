// @ts-check
/** The packing bench: a package label takes a package in hand, pieces go into it, its label again (or the button) seals it. */
import { typeLetter, whole } from "lib/codes.js";
import { Desk } from "lib/desk.js";
import * as judge from "lib/judge/pack.js";
import { isOnline } from "lib/net.js";
import * as parts from "lib/parts.js";
import { forget, restore, signature } from "lib/sign.js";
import { goOnWithout, holdDown, send, startStation } from "lib/station.js";
import { show } from "lib/verdict.js";

const place = /** @type {HTMLElement} */ (document.querySelector("[data-scan-url]"));
const panel = /** @type {HTMLElement} */ (document.getElementById("verdict"));
const bench = /** @type {HTMLElement} */ (document.getElementById("bench"));
const desk = new Desk("pack", bench.dataset.jobsUrl || "", judge);
let isTakingOut = false;
let countedCode = ""; // the lot whose hardware is being counted in
let sealedCode = ""; // a sealed package that was scanned: "Open again" means this one

/** What is in hand. @returns {DOMStringMap} */
const inHand = () => /** @type {HTMLElement} */ (document.getElementById("job")).dataset;

/** @param {string | undefined} url with 0 in the place of the package @param {string | number} packageId */
const of = (url, packageId) => (url || "").replace("/0/", `/${packageId}/`);

/** @param {string} code @returns {import("lib/station.js").Wanted | null} */
function want(code) {
  const hand = inHand();
  if (typeLetter(code) === "K") {
    const isBegun = document.querySelector("#bench .contents li.in") !== null; // nothing in yet: the label was read twice
    const isSealing = code === hand.code && hand.state === "OPEN" && isBegun;
    if (isSealing && hand.complete !== undefined && compare()) return null;
    return { kind: isSealing ? "PACK_SEAL" : "PACK_OPEN" };
  }
  if (typeLetter(code) === "R" && hand.code && !isTakingOut) {
    countedCode = code;
    askFor("count-in");
    return null;
  }
  return { kind: isTakingOut ? "PACK_REMOVE" : "PACK_ADD", context: hand.code || null };
}

/** Show a template's form in the place of the verdict; false when it holds none. @param {string} id */
function askFor(id) {
  const held = document.getElementById(id);
  if (!(held instanceof HTMLTemplateElement) || !held.content.querySelector("form")) return false;
  panel.className = "verdict wait list";
  panel.replaceChildren(held.content.cloneNode(true));
  return true;
}

/** Have handing, colour and weight of what is in hand compared before sealing; false when there is nothing to compare. */
function compare() {
  const template = document.getElementById("before-sealing");
  if (!isOnline()) return compareHeld();
  return template?.dataset.package === inHand().package && askFor("before-sealing");
}

/** The same question, out of what the device holds. */
function compareHeld() {
  const box = desk.held?.boxes.get(inHand().code || "");
  const isWeighed = box?.kit?.check === "weight";
  if (!box || !(box.look[0] || isWeighed) || !askFor("compare-held")) return false;
  const look = panel.querySelector(".look");
  if (look) look.textContent = box.look[1].join(" · ");
  panel.querySelector("form")?.setAttribute("data-look", box.look[0]);
  if (!isWeighed) panel.querySelector("[data-weight]")?.remove();
  return true;
}

/** Say in the form that a whole number is expected. @param {HTMLInputElement | null} field */
async function noNumber(field) {
  field?.setCustomValidity(document.getElementById("count-in")?.dataset.number || "");
  field?.reportValidity();
  field?.addEventListener("input", () => field.setCustomValidity(""), { once: true });
}

/** @param {HTMLInputElement} field */
function countIn(field) {
  const count = whole(field.value);
  return count ? ask("PACK_ADD", countedCode, { context: inHand().code, quantity: count }) : noNumber(field);
}

/** @param {HTMLFormElement} form what was compared */
function sealAsSeen(form) {
  const weight = /** @type {HTMLInputElement | null} */ (form.querySelector('[name="weight-g"]'));
  const grams = weight ? whole(weight.value) : 1;
  if (!grams) return noNumber(weight);
  return ask("PACK_SEAL", inHand().code, { witness: form.dataset.look || null, quantity: grams });
}

/** @param {boolean} isOn */
function takeOut(isOn) {
  isTakingOut = isOn;
  document.querySelector('[data-act="take-out"]')?.setAttribute("aria-pressed", String(isOn));
  if (isOn) show(panel, { kind: "wait", word: bench.dataset.takeOut });
}

/** Draw a package as this device knows it. @param {string} code @param {string} [last] the code of the piece that was just scanned */
function drawHeld(code, last) {
  const box = desk.held?.boxes.get(code);
  const job = document.getElementById("job");
  const aside = /** @type {HTMLElement | null} */ (document.querySelector("#bench > .contents"));
  if (!box || !job || !aside) return;
  const done = box.items.filter((/** @type {any} */ item) => item.isIn).length;
  const isComplete = done === box.items.length;
  const data = { package: String(box.id), code: box.code, state: box.state, complete: isComplete ? "" : null };
  parts.inHand(job, box.label.replace("/", " / "), box.order, `${box.room} · ${box.dealer}`, done, box.items.length, data);
  const rows = box.items.map((/** @type {any} */ item) => ({ name: item.name, size: item.size, isIn: item.isIn, isLast: item.code === last }));
  parts.contents(aside, panel.dataset.sprite || "", bench.dataset.inside || "", bench.dataset.foot || "", rows);
  parts.mainAct("seal-act", isComplete && box.state === "OPEN");
}

/** Put the parts of a package in place. @param {string | number} packageId @param {string} code of it @param {string | number} [last] */
async function refresh(packageId, code, last) {
  const query = last ? `?last=${last}` : "";
  const answer = await fetch(of(bench.dataset.partsUrl, packageId) + query, { credentials: "same-origin" }).catch(() => null);
  if (!answer || !answer.ok) return drawHeld(code); // the verdict stands; the server's list comes with the next scan
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of ["#job", ".contents", "#main-act", "#before-sealing"]) {
    const one = fresh.querySelector(part);
    if (one) document.querySelector(`.floor > ${part}, #bench > ${part}, .floor-acts > ${part}`)?.replaceWith(one);
  }
  const address = new URL(window.location.href);
  address.searchParams.set("package", String(packageId));
  window.history.replaceState(null, "", address); // a reload keeps what is in hand
  return undefined;
}

/** @param {any} answer @param {string} code */
function answered(answer, code) {
  sealedCode = answer.block_code === "E24" && typeLetter(code) === "K" ? code : "";
  if (answer.outcome !== "BLOCK") takeOut(false);
  const isTaken = answer.outcome !== "BLOCK" && typeLetter(code) === "K";
  const held = isTaken ? code : inHand().code || "";
  desk.hold(held);
  if (isTaken || answer.isLocal) drawHeld(held, code); // at once: the next piece may come before the server's list
  if (answer.isLocal) return undefined;
  const packageId = answer.shown?.package_id || inHand().package;
  return packageId && refresh(packageId, held, answer.shown?.piece_id);
}

/** A page that was opened without the network shows what was in hand; one that has it, what the server says. */
async function begin() {
  goOnWithout(desk);
  await desk.start(() => inHand().package && refresh(inHand().package || "", inHand().code || ""));
  if (!isOnline()) drawHeld(await desk.inHand());
  else if (inHand().code) await desk.hold(inHand().code || "");
}

/** @param {string} kind @param {string | undefined} code @param {object} [more] of what is sent: a signature, what was seen */
async function ask(kind, code, more = {}) {
  if (!code) return;
  const answer = await send(place, panel, code, { kind, ...more });
  if (answer && answer.outcome !== "BLOCK") forget();
  if (answer) await answered(answer, code);
}

async function showMissing() {
  const { package: packageId } = inHand();
  if (!packageId) return;
  const answer = await fetch(of(bench.dataset.missingUrl, packageId), { credentials: "same-origin" }).catch(() => null);
  if (!answer || !answer.ok) return;
  panel.className = "verdict wait list";
  panel.innerHTML = await answer.text();
  restore(panel);
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-act]") : null;
  const act = button?.getAttribute("data-act");
  if (act === "seal" && !compare()) holdDown(button, ask("PACK_SEAL", inHand().code));
  if (act === "differs") holdDown(button, ask("PACK_SEAL", inHand().code, { witness: "DIFFERS" }));
  if (act === "missing") showMissing();
  if (act === "take-out") takeOut(!isTakingOut);
  if (act === "reopen") holdDown(button, ask("PACK_REOPEN", sealedCode || inHand().code));
  if (act === "take-out" || act === "reopen") button?.closest("details")?.removeAttribute("open");
});

/** @param {HTMLFormElement} form what was compared, counted or signed */
function sent(form) {
  if (form.matches("[data-look]")) return sealAsSeen(form);
  if (form.matches("[data-count]")) return countIn(/** @type {HTMLInputElement} */ (form.querySelector('[name="count"]')));
  return ask("PACK_SEAL", inHand().code, { override: signature(form) });
}

panel.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  event.preventDefault();
  holdDown(form.querySelector("[type=submit]"), sent(form));
});

startStation({ place, panel, want, answered, ready: begin() });
