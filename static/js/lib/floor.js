// @ts-check
/**
 * What every tablet and handheld page does: the clock, whether the server is there, codes typed by hand, and the lock when nobody
 * has done anything for `data-lock-after-s` seconds (`data-lock-url`). Words stand in `data-*` of the element they are shown in.
 */
import { startAhead } from "lib/ahead.js";
import { restoreBadge } from "lib/badge.js";
import { startBeat } from "lib/beat.js";
import { startCamera } from "lib/camera.js";
import { startConcerns } from "lib/concerns.js";
import { startForms } from "lib/forms.js";
import { isOnline, tellOnline } from "lib/net.js";
import { startQueue } from "lib/queue.js";
import { tell } from "lib/scanner.js";
import { startVoice } from "lib/voice.js";

const LOOK_MS = 15_000;
const SIGNS = ["keydown", "pointerdown", "scan"];

/** The server's clock less the tablet's, in ms: a tablet's own is often wrong. */
let offsetMs = 0;

function startClock() {
  const clock = /** @type {HTMLElement | null} */ (document.querySelector("[data-clock]"));
  if (!clock) return;
  const tick = () => {
    clock.textContent = new Date(Date.now() + offsetMs).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: clock.dataset.zone });
  };
  tick();
  setInterval(tick, 1000);
}

/** @param {HTMLElement} net @param {boolean} isThere */
function showNet(net, isThere) {
  net.classList.toggle("off", !isThere);
  for (const part of net.querySelectorAll("[data-when]")) part.toggleAttribute("hidden", (part.getAttribute("data-when") === "online") !== isThere);
}

function startNet() {
  const net = document.querySelector("[data-net]");
  if (!(net instanceof HTMLElement)) return;
  const look = async () => {
    const answer = await fetch(net.dataset.net || "", { cache: "no-store" }).catch(() => null); // no answer is the answer
    const told = answer && answer.headers.get("Date");
    if (told) offsetMs = Date.parse(told) - Date.now();
    tellOnline(Boolean(answer && answer.ok));
    showNet(net, isOnline());
  };
  document.addEventListener("net", () => showNet(net, isOnline()));
  window.addEventListener("offline", () => tellOnline(false));
  window.addEventListener("online", look);
  setInterval(look, LOOK_MS);
  showNet(net, isOnline());
  look().then(restoreBadge);
}

function startLock() {
  const { lockUrl, lockAfterS } = document.body.dataset;
  if (!lockUrl || !Number(lockAfterS)) return;
  let lastAt = Date.now();
  for (const sign of SIGNS) document.addEventListener(sign, () => (lastAt = Date.now()), { passive: true });
  setInterval(() => {
    if (Date.now() - lastAt > Number(lockAfterS) * 1000 && isOnline()) window.location.assign(lockUrl); // a lock needs the server to open
  }, 1000);
}

/** The language of the person who is here: the page comes back with what is in hand; it needs the server. */
function startLanguage() {
  const form = document.querySelector("form[data-language]");
  const next = form?.querySelector("[name=next]");
  if (!(form instanceof HTMLFormElement) || !(next instanceof HTMLInputElement)) return;
  const follow = () => form.querySelector("button")?.toggleAttribute("disabled", !isOnline());
  form.addEventListener("submit", () => (next.value = window.location.pathname + window.location.search));
  document.addEventListener("net", follow);
  follow();
}

/** A torn label has a number that can be typed: `<form data-type-code><input name="code" data-scan-into></form>`. */
function startTypedCodes() {
  for (const form of document.querySelectorAll("form[data-type-code]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const field = form.querySelector("input");
      if (!(field instanceof HTMLInputElement) || !field.value.trim()) return;
      tell(field.value, true);
      field.value = "";
      field.blur();
      form.closest("details")?.removeAttribute("open");
    });
  }
}

if (navigator.serviceWorker) navigator.serviceWorker.register("/worker.js"); // on secure origins only
startClock();
startNet();
startQueue();
startConcerns();
startLock();
startLanguage();
startTypedCodes();
startCamera();
startVoice();
startForms();
startBeat();
startAhead();
