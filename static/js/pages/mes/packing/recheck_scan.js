// @ts-check
/** The second look: a drawn package, then every label in it; what belongs in is not told here. */
import { typeLetter } from "lib/codes.js";
import { send, startStation } from "lib/station.js";
import { show } from "lib/verdict.js";

const place = /** @type {HTMLElement} */ (document.querySelector("[data-scan-url]"));
const panel = /** @type {HTMLElement} */ (document.getElementById("verdict"));
const task = /** @type {HTMLElement} */ (document.getElementById("task"));
const finish = /** @type {HTMLAnchorElement} */ (document.querySelector("[data-finish]"));
let inHand = ""; // code of the package
let last = ""; // code of the piece that was scanned last

/** @param {string} selector @param {string} text */
function write(selector, text) {
  const node = document.querySelector(selector);
  if (node) node.textContent = text;
}

/** @param {string} code @returns {import("lib/station.js").Wanted | null} */
function want(code) {
  if (typeLetter(code) === "K") return { kind: "RECHECK" };
  if (inHand) return { kind: "RECHECK", context: inHand };
  show(panel, { kind: "attn", name: task.dataset.first });
  return null;
}

/** @param {any} answer @param {string} code */
function answered(answer, code) {
  if (answer.outcome === "BLOCK") return;
  const { name, count, recheck_id: id } = answer.shown;
  if (typeLetter(code) === "K") {
    inHand = code;
    last = "";
    document.querySelector("[data-hand]")?.removeAttribute("hidden");
    write("[data-hand-name]", name);
    document.getElementById("list")?.replaceChildren();
  } else {
    last = code;
    const row = document.createElement("li");
    const words = document.createElement("b");
    words.textContent = name;
    row.append(words);
    document.getElementById("list")?.prepend(row);
  }
  write("[data-hand-right]", `${count}`);
  write("[data-hand-line]", task.dataset.noted || "");
  finish.href = (task.dataset.showUrl || "").replace("/0/", `/${id}/`);
  finish.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-seen]") : null;
  if (!button) return;
  button.closest("details")?.removeAttribute("open");
  if (!last) return show(panel, { kind: "attn", name: task.dataset.none });
  const code = last;
  const answer = await send(place, panel, code, { kind: "RECHECK", context: inHand, witness: button.getAttribute("data-seen") });
  if (answer && answer.outcome !== "BLOCK") write("[data-hand-line]", answer.say);
});

startStation({ place, panel, want, answered });
