// @ts-check
/**
 * The scanning loop of a tablet or handheld: a code comes in, one request goes out, its verdict fills the panel. Scans are judged
 * one after the other in the order they came. A scan whose answer was lost keeps its `scan_id`: scanned again, it is the same gesture.
 *
 * The place to scan is an element with `data-scan-url`, `data-device`, `data-badge` and the texts `data-wait`, `data-checking`,
 * `data-unreachable`, `data-unreachable-todo`, `data-broken`, `data-broken-todo`.
 */
import { Refused, SessionEnded, Unreachable, post } from "lib/api.js";
import { changePerson } from "lib/badge.js";
import { onScan } from "lib/scanner.js";
import { takeBadge } from "lib/sign.js";
import * as sound from "lib/sound.js";
import { uuid } from "lib/uuid.js";
import { fit, show, verdictOf } from "lib/verdict.js";
import { speak } from "lib/voice.js";

const READY_MS = 3000; // a slow network holds no scan longer: the server judges it, without what the page would hold

/** @type {import("lib/desk.js").Desk | null} of a page that goes on without the network */
let desk = null;

/**
 * What one scanned code asks the server for; null when it was dealt with on the device.
 * @typedef {{kind: string, context?: string | null, witness?: string | null, quantity?: number, code?: string, override?: object}} Wanted
 */

/** @type {Map<string, Record<string, any>>} bodies without an answer, by what they ask for */
const unanswered = new Map();
/** @type {Set<string>} what is asked for at this moment: a second tap on the same button is the same gesture */
const onItsWay = new Set();

/** @param {HTMLElement} place @param {string} code @param {Wanted} wanted @param {boolean} manual */
function bodyOf(place, code, wanted, manual) {
  const asks = { kind: wanted.kind, code: wanted.code || code, context: wanted.context || null, witness: wanted.witness || null, quantity: wanted.quantity || 1 };
  const key = JSON.stringify(asks);
  const body = unanswered.get(key) || {
    scan_id: uuid(), ...asks, badge: place.dataset.badge || null, device: place.dataset.device || null,
    scanned_at: new Date().toISOString(), manual, ...(wanted.override ? { override: wanted.override } : {}),
  };
  unanswered.set(key, body);
  return { key, body };
}

/** @param {HTMLElement} panel @param {HTMLElement} place @param {unknown} failure */
function failed(panel, place, failure) {
  const words = place.dataset;
  sound.bad();
  if (failure instanceof Unreachable) return show(panel, { kind: "stop", word: words.unreachable, todo: words.unreachableTodo });
  if (failure instanceof Refused) return show(panel, { kind: "stop", word: failure.message, todo: words.brokenTodo });
  if (failure instanceof SessionEnded) return show(panel, { kind: "stop", word: document.body.dataset.logIn, todo: document.body.dataset.sessionEnded });
  return show(panel, { kind: "stop", word: words.broken, todo: words.brokenTodo });
}

/** From now on scans are kept on this device first, and judged by it while the server does not answer. @param {import("lib/desk.js").Desk} one */
export function goOnWithout(one) {
  desk = one;
}

/** @param {HTMLElement} panel @param {any} answer @param {boolean} [isConfirmed] */
function draw(panel, answer, isConfirmed = true) {
  const verdict = verdictOf(answer, panel);
  if (answer.outcome !== "BLOCK") sound.good();
  else if (verdict.kind === "attn") sound.neutral();
  else sound.bad();
  speak(...(verdict.kind === "stop" ? [verdict.word, verdict.todo] : [verdict.name]));
  if (isConfirmed) return show(panel, verdict);
  const word = panel.dataset.unconfirmed;
  return show(panel, verdict.kind === "done" ? { ...verdict, kind: "unconfirmed", word } : { ...verdict, note: word });
}

/**
 * Send one scan and draw its verdict.
 * @param {HTMLElement} place @param {HTMLElement} panel @param {string} code @param {Wanted} wanted @param {boolean} [manual]
 * @returns {Promise<any>} the answer, or null when none came; `isLocal` when it is the device's own
 */
export async function send(place, panel, code, wanted, manual = false) {
  const { key, body } = bodyOf(place, code, wanted, manual);
  if (onItsWay.has(key)) return null;
  onItsWay.add(key);
  place.setAttribute("aria-busy", "true");
  try {
    if (desk && !wanted.override) return await sendKept(desk, place, panel, body, key); // a PIN is kept nowhere
    const answer = await post(place.dataset.scanUrl || "", body);
    unanswered.delete(key);
    draw(panel, answer);
    return answer;
  } catch (failure) {
    if (!(failure instanceof Unreachable)) unanswered.delete(key);
    failed(panel, place, failure);
    return null;
  } finally {
    onItsWay.delete(key);
    place.removeAttribute("aria-busy");
  }
}

/** Keep a button down until what it asked for is done and drawn. @param {Element | null} button @param {Promise<any>} work */
export async function holdDown(button, work) {
  button?.toggleAttribute("disabled", true);
  await work.finally(() => button?.toggleAttribute("disabled", false));
}

/** @param {import("lib/desk.js").Desk} keeper @param {HTMLElement} place @param {HTMLElement} panel @param {any} body @param {string} key */
async function sendKept(keeper, place, panel, body, key) {
  unanswered.delete(key); // it is kept under its number from now on
  const { answer, isConfirmed, error } = await keeper.take(body);
  if (error instanceof Error) failed(panel, place, error);
  else if (error) show(panel, { kind: "stop", word: error.message, todo: place.dataset.brokenTodo });
  else if (answer) draw(panel, answer, isConfirmed);
  else show(panel, { kind: "attn", name: panel.dataset.unjudged, todo: panel.dataset.unconfirmed });
  if (!answer || error) {
    sound.bad();
    return null;
  }
  return isConfirmed ? answer : { ...answer, isLocal: true };
}

/** What a page waits for before it deals with scans, but not for ever. @param {Promise<any>} ready */
export const soon = (ready) => Promise.race([ready, new Promise((resolve) => setTimeout(resolve, READY_MS))]);

/**
 * Judge every scan from now on.
 * @param {{place: HTMLElement, panel: HTMLElement, want: (code: string) => Wanted | null, answered?: (answer: any, code: string) => void, ready?: Promise<any>}} how
 * `ready`: scans are heard at once and judged when it is done
 */
export function startStation({ place, panel, want, answered, ready = Promise.resolve() }) {
  fit(panel);
  window.addEventListener("resize", () => fit(panel));
  const heard = soon(ready);
  let line = heard;
  return onScan((code, manual) => {
    line = line.then(async () => {
      if (takeBadge(code) || changePerson(code)) return;
      const wanted = want(code);
      if (!wanted) return;
      const answer = await send(place, panel, code, wanted, manual);
      if (answer && answered) answered(answer, code);
    });
  }, sound.neutral, heard);
}
