// @ts-check
/** A station of the floor: a piece is reported, a sheet is cut, a badge changes the person. */
import { typeLetter } from "lib/codes.js";
import { startStation } from "lib/station.js";

const RECENT = 5;
const KINDS = { O: "CUT_DONE" };
const place = /** @type {HTMLElement} */ (document.querySelector("main"));
const panel = /** @type {HTMLElement} */ (document.querySelector("#verdict"));
const recent = document.querySelector("[data-recent]");
const count = document.querySelector("[data-done-count]");
const foot = document.querySelector("[data-set]");

/** @param {string} code */
function want(code) {
  return { kind: KINDS[/** @type {keyof typeof KINDS} */ (typeLetter(code))] || "OP_DONE" };
}

/** @param {any} answer */
function remember(answer) {
  const sprite = panel.dataset.sprite;
  const line = document.createElement("li");
  const name = document.createElement("b");
  const size = document.createElement("span");
  const isDone = answer.outcome !== "BLOCK";
  line.className = isDone ? "in last" : "";
  line.innerHTML = `<svg class="i" aria-hidden="true"><use href="${sprite}#i-${isDone ? "done" : "stop"}"/></svg>`;
  name.textContent = answer.shown.name || answer.block_code;
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
  if (count) count.textContent = String(Number(count.textContent) + 1);
  if (!answer.progress || !(foot instanceof HTMLElement)) return;
  const facts = { set: answer.shown.set, done: answer.progress.done, total: answer.progress.total };
  foot.textContent = (foot.dataset.words || "").replace(/\{(\w+)\}/g, (_, name) => facts[/** @type {keyof typeof facts} */ (name)]);
}

startStation({ place, panel, want, answered });
