// @ts-check
/** A station of the floor: a piece is reported, a sheet is cut out of the lot in hand, a badge changes the person. */
import { get } from "lib/api.js";
import { typeLetter } from "lib/codes.js";
import * as sound from "lib/sound.js";
import { startStation } from "lib/station.js";
import { show } from "lib/verdict.js";

const RECENT = 5;
const NEUTRAL = "E28"; // done before: no error
const KINDS = { O: "CUT_DONE" };
const place = /** @type {HTMLElement} */ (document.querySelector("main"));
const panel = /** @type {HTMLElement} */ (document.querySelector("#verdict"));
const recent = document.querySelector("[data-recent]");
const count = document.querySelector("[data-done-count]");
const foot = document.querySelector("[data-set]");
const stack = document.querySelector("[data-lot]"); // of boards at a saw: what is cut from now on comes out of it
const LOT = `lot ${place.dataset.device || ""}`; // kept over a change of the person, not over night

/** Take a lot of boards in hand, or none. @param {string} code */
function takeLot(code) {
  if (!(stack instanceof HTMLElement)) return;
  sessionStorage.setItem(LOT, code);
  stack.hidden = !code;
  const words = stack.querySelector("span");
  if (words) words.textContent = (stack.dataset.words || "").replace("{lot}", code);
}

/** @param {string} code */
async function scanLot(code) {
  const { resolveUrl, word, todo } = /** @type {HTMLElement} */ (stack).dataset;
  const found = await get(`${resolveUrl}?code=${encodeURIComponent(code)}`).catch(() => null);
  if (found && found.block_code) {
    sound.bad();
    return show(panel, { kind: "stop", number: found.block_code, got: code, todo: found.todo });
  }
  takeLot(code); // without the network too: the server looks at it with the sheet
  sound.neutral();
  return show(panel, { kind: "wait", word, name: code, say: found?.name, todo });
}

/** @param {string} code */
function want(code) {
  const letter = typeLetter(code);
  if (letter === "R" && stack) {
    scanLot(code);
    return null;
  }
  const kind = KINDS[/** @type {keyof typeof KINDS} */ (letter)] || "OP_DONE";
  return { kind, context: kind === "CUT_DONE" && stack ? sessionStorage.getItem(LOT) : null };
}

/** @param {any} answer */
function remember(answer) {
  const sprite = panel.dataset.sprite;
  const line = document.createElement("li");
  const name = document.createElement("b");
  const size = document.createElement("span");
  const isDone = answer.outcome !== "BLOCK";
  const refused = answer.block_code === NEUTRAL ? "attn" : "stop";
  line.className = isDone ? "in last" : "";
  line.innerHTML = `<svg class="i" aria-hidden="true"><use href="${sprite}#i-${isDone ? "done" : refused}"/></svg>`;
  name.textContent = answer.shown.name || answer.block_name;
  size.textContent = isDone ? answer.shown.size || "" : answer.block_code;
  line.append(name, size);
  for (const old of recent?.children || []) old.classList.remove("last");
  recent?.prepend(line);
  while (recent && recent.children.length > RECENT) recent.lastElementChild?.remove();
}

/** @param {any} answer */
function answered(answer) {
  remember(answer);
  if (answer.outcome === "BLOCK") return;
  const { operation, done_count: done } = answer.shown;
  if (count) count.textContent = String(Number(count.textContent) + done);
  const waits = document.querySelector(`[data-waits="${operation}"]`);
  if (waits) waits.textContent = String(Math.max(0, Number(waits.textContent) - done)); // what comes meanwhile, the next page counts
  if (!answer.progress || !(foot instanceof HTMLElement)) return;
  const facts = { set: answer.shown.set, done: answer.progress.done, total: answer.progress.total };
  foot.textContent = (foot.dataset.words || "").replace(/\{(\w+)\}/g, (_, name) => facts[/** @type {keyof typeof facts} */ (name)]);
}

if (stack) {
  takeLot(sessionStorage.getItem(LOT) || "");
  stack.addEventListener("click", () => takeLot(""));
}
startStation({ place, panel, want, answered });
