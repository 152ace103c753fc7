// @ts-check
/** The dock: a load's code takes a vehicle in hand, packages go onto it, the load's code again (or the button) closes it. */
import { get } from "lib/api.js";
import { typeLetter } from "lib/codes.js";
import { forget, restore, signature } from "lib/sign.js";
import { send, startStation } from "lib/station.js";
import * as sound from "lib/sound.js";
import { show } from "lib/verdict.js";

const place = /** @type {HTMLElement} */ (document.querySelector("[data-scan-url]"));
const panel = /** @type {HTMLElement} */ (document.getElementById("verdict"));
const dock = /** @type {HTMLElement} */ (document.getElementById("dock"));
let isUnloading = false;

/** What is in hand. @returns {DOMStringMap} */
const inHand = () => /** @type {HTMLElement} */ (document.getElementById("job")).dataset;

/** Take another load in hand: its page says how far it is. @param {string} code */
async function takeInHand(code) {
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

/** Put the parts of the load in place. @param {string} loadId @param {string | number} [last] */
async function refresh(loadId, last) {
  const url = (dock.dataset.partsUrl || "").replace("/0/", `/${loadId}/`) + (last ? `?last=${last}` : "");
  const answer = await fetch(url, { credentials: "same-origin" }).catch(() => null);
  if (!answer || !answer.ok) return; // the verdict stands; the list comes with the next scan
  const parts = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["job", "inside", "main-act", "sign"]) {
    const part = parts.getElementById(id);
    if (part) document.getElementById(id)?.replaceWith(part);
  }
}

/** @param {any} answer */
function answered(answer) {
  if (answer.outcome !== "BLOCK") unloading(false);
  const { load } = inHand();
  if (load) refresh(load, answer.shown?.package_id);
}

/** @param {object} [override] */
async function close(override) {
  const { code } = inHand();
  if (!code) return;
  const answer = await send(place, panel, code, override ? { kind: "SHIP_CLOSE", override } : { kind: "SHIP_CLOSE" });
  if (answer && answer.outcome !== "BLOCK") forget();
  if (answer) answered(answer);
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
  if (act === "close") close();
  if (act === "sign") showSign();
  if (act === "take-off") unloading(!isUnloading);
  if (act === "take-off") button?.closest("details")?.removeAttribute("open");
});

panel.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-sign]")) return;
  event.preventDefault();
  close(signature(form));
});

startStation({ place, panel, want, answered });
