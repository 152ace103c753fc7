// @ts-check
/** What the warehouse's handheld pages share: what is in hand, which scan comes next, asking before acting. */
import { Refused, SessionEnded, Unreachable, get } from "lib/api.js";
import { changePerson } from "lib/badge.js";
import { isOnline, tellOnline } from "lib/net.js";
import { onScan } from "lib/scanner.js";
import * as sound from "lib/sound.js";
import { soon } from "lib/station.js";
import { show, verdictOf } from "lib/verdict.js";

export const place = /** @type {HTMLElement} */ (document.querySelector("[data-scan-url]"));
export const panel = /** @type {HTMLElement} */ (document.getElementById("verdict"));
export const task = /** @type {HTMLElement} */ (document.getElementById("task"));

const SPRITE = panel.dataset.sprite || "";
const SHAPES = { in: "done", now: "half", no: "stop", later: "ring" };

/** @param {string} selector @param {string} text */
function write(selector, text) {
  const node = document.querySelector(selector);
  if (node) node.textContent = text;
}

/** Show what is in hand; without a name, nothing is. @param {string} [name] @param {string} [line] @param {string} [right] */
export function hold(name = "", line = "", right = "") {
  document.querySelector("[data-hand]")?.toggleAttribute("hidden", !name);
  write("[data-hand-name]", name);
  write("[data-hand-line]", line);
  write("[data-hand-right]", right);
}

/** @param {Element} step @param {"in" | "now" | "no" | "later"} how @param {string} text */
function mark(step, how, text) {
  step.className = how === "now" ? "" : how;
  if (how === "now" || how === "no") step.setAttribute("aria-current", "step");
  else step.removeAttribute("aria-current");
  step.querySelector("use")?.setAttribute("href", `${SPRITE}#i-${SHAPES[how]}`);
  const value = step.querySelector("[data-value]");
  if (value) value.textContent = text;
}

/**
 * Mark the steps: those before `now` hold `values`, `now` waits (or was wrong), later ones show what they are for.
 * @param {string} now @param {Record<string, string>} values @param {boolean} [isWrong]
 */
export function steps(now, values, isWrong = false) {
  const list = /** @type {HTMLElement} */ (document.querySelector(".hand-steps[data-waiting]"));
  document.querySelector("[data-last]")?.classList.toggle("past", isWrong); // what it says was before the refusal
  let isBefore = true;
  for (const step of list.querySelectorAll("[data-step]")) {
    const key = step.getAttribute("data-step") || "";
    if (key === now) isBefore = false;
    if (key === now) mark(step, isWrong ? "no" : "now", (isWrong ? list.dataset.wrong : list.dataset.waiting) || "");
    else if (isBefore) mark(step, "in", values[key] || "");
    else mark(step, "later", step.getAttribute("data-hint") || "");
  }
}

/** The line above: what the last scan did. @param {string} text @param {string} [shape] */
export function tell(text, shape = "done") {
  const last = /** @type {HTMLElement} */ (document.querySelector("[data-last]"));
  last.classList.remove("past");
  last.classList.toggle("attn", shape === "attn");
  last.querySelector("use")?.setAttribute("href", `${SPRITE}#i-${shape}`);
  const words = last.querySelector("span");
  if (words) words.textContent = text;
}

/** Large words that ask for the next scan, and a place that is read at arm's length. @param {string} words @param {string} [name] @param {string} [more] */
export function direct(words, name = "", more = "") {
  panel.className = "hand-go";
  panel.dataset.kind = "wait";
  const parts = [[name ? "" : "word", words], ["place", name], ["", more]].filter(([, text]) => text);
  panel.replaceChildren(
    ...parts.map(([cls, text]) => {
      const line = document.createElement("p");
      line.className = cls;
      line.textContent = text;
      return line;
    }),
  );
  const large = /** @type {HTMLElement | null} */ (panel.querySelector("p.place"));
  for (let size = 76; large && large.scrollWidth > large.clientWidth && size > 40; size -= 4) large.style.fontSize = `${size}px`;
  if (large && large.scrollWidth > large.clientWidth) large.style.whiteSpace = "normal"; // longer still: over two lines
}

/** A gesture that does not fit here: what comes first. @param {string | undefined} words */
export function notYet(words) {
  sound.neutral();
  show(panel, { kind: "attn", name: words });
}

const PATIENCE_MS = 4000; // where the device knows an answer of its own

/** @param {string} address @param {(() => any) | undefined} own */
async function lookUp(address, own) {
  if (!own) return get(address);
  if (!isOnline()) return own() || get(address);
  try {
    return await get(address, { mayRepeat: false, limitMs: PATIENCE_MS });
  } catch (failure) {
    if (!(failure instanceof Unreachable)) throw failure;
    tellOnline(false);
    const answer = own();
    if (!answer) throw failure;
    return answer;
  }
}

/**
 * Ask what a code is. A refusal is drawn and gives null.
 * @param {string | undefined} url @param {Record<string, string>} asked
 * @param {() => any} [own] what the device itself knows, for when the server does not answer
 * @returns {Promise<any>} what is to be shown of it
 */
export async function look(url, asked, own) {
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await lookUp(`${url}?${new URLSearchParams(asked)}`, own);
    if (answer.outcome !== "BLOCK") return { ...answer.shown, say: answer.say };
    show(panel, verdictOf(answer, panel));
  } catch (failure) {
    const words = place.dataset;
    if (failure instanceof SessionEnded) show(panel, { kind: "stop", word: document.body.dataset.logIn, todo: document.body.dataset.sessionEnded });
    else show(panel, { kind: "stop", word: failure instanceof Refused ? failure.message : words.unreachable, todo: words.unreachableTodo });
  } finally {
    place.removeAttribute("aria-busy");
  }
  sound.bad();
  return null;
}

/** Take scans one after the other. @param {(code: string, manual: boolean) => Promise<void>} take @param {Promise<any>} [ready] heard at once, dealt with then */
export function inLine(take, ready = Promise.resolve()) {
  const heard = soon(ready);
  let line = heard;
  onScan((code, manual) => {
    line = line.then(() => (changePerson(code) ? undefined : take(code, manual)));
  }, sound.neutral, heard);
}

/** A list under the steps. @param {string[][]} rows first words and what stands beside them */
export function list(rows) {
  const box = document.getElementById("list");
  if (!box) return;
  box.replaceChildren(
    ...rows.map(([first, second]) => {
      const row = document.createElement("li");
      const words = document.createElement("b");
      const more = document.createElement("span");
      words.textContent = first;
      more.textContent = second;
      row.append(words, more);
      return row;
    }),
  );
}
