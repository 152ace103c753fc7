// @ts-check
/** Issue material: batch, lot, quantity. The proposed quantity is issued by scanning the lot once more, or by the button. */
import { typeLetter, whole } from "lib/codes.js";
import * as sound from "lib/sound.js";
import { send } from "lib/station.js";
import { direct, hold, inLine, list, look, notYet, panel, place, steps, task, tell } from "pages/mes/warehouse/hand.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("count"));
const quantity = /** @type {HTMLInputElement} */ (document.getElementById("quantity"));
/** @type {any} */
let batch = null;
/** @type {any} */
let lot = null;
let placeCode = "";

/** @param {boolean} isOpen */
function count(isOpen) {
  form.hidden = !isOpen;
  document.getElementById("list")?.toggleAttribute("hidden", isOpen);
}

/** @param {string} code */
async function takeBatch(code) {
  batch = await look(task.dataset.batchUrl, { code });
  lot = null;
  count(false);
  hold(batch?.name || "");
  if (!batch) return steps("batch", {}, true);
  sound.good();
  showBatch();
}

function showBatch() {
  const rows = batch.lines.map((/** @type {any} */ line) => [`${line.material} · ${line.place}`, line.quantity]);
  list(rows);
  direct(rows.length ? task.dataset.scanLot || "" : task.dataset.complete || "");
  steps("lot", { batch: batch.name });
}

/** @param {string} code @param {string} from */
async function takeLot(code, from) {
  placeCode = from;
  lot = await look(task.dataset.issueUrl, { code, batch: batch.code, ...(from ? { place: from } : {}) });
  count(Boolean(lot) && !lot.needs_place);
  if (!lot) return steps("lot", { batch: batch.name }, true);
  sound.good();
  hold(lot.name, lot.size, lot.left);
  if (lot.needs_place) {
    direct(task.dataset.scanPlace || "", "", lot.lines.join("\n"));
    return steps("lot", { batch: batch.name });
  }
  quantity.value = lot.quantity;
  direct((task.dataset.howMany || "").replace("{place}", lot.place), "", task.dataset.again);
  steps("quantity", { batch: batch.name, lot: lot.code });
}

/** @param {boolean} manual */
async function issue(manual) {
  const much = whole(quantity.value);
  if (!much) return notYet(task.dataset.number);
  const wanted = { kind: "ISSUE", context: batch.code, witness: placeCode || null, quantity: much };
  const answer = await send(place, panel, lot.code, wanted, manual);
  if (!answer) return;
  if (answer.outcome === "BLOCK") return steps("quantity", { batch: batch.name, lot: lot.code }, true);
  tell(answer.say || "");
  lot = null;
  count(false);
  hold(batch.name);
  const fresh = await look(task.dataset.batchUrl, { code: batch.code });
  if (!fresh) return;
  batch = fresh;
  list(batch.lines.map((/** @type {any} */ line) => [`${line.material} · ${line.place}`, line.quantity]));
  steps("lot", { batch: batch.name });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (lot) issue(true);
});
form.addEventListener("click", (event) => {
  const step = event.target instanceof Element ? event.target.closest("[data-add]")?.getAttribute("data-add") : null;
  if (step) quantity.value = String(Math.max(1, whole(quantity.value) + Number(step)));
});

inLine(async (code, manual) => {
  const letter = typeLetter(code);
  if (letter === "B") return takeBatch(code);
  if (!batch) return notYet(task.dataset.scanBatch);
  if (letter === "L" && lot) return takeLot(lot.code, code);
  if (letter === "L") return notYet(task.dataset.lotFirst);
  if (lot && code === lot.code && !lot.needs_place) return issue(manual);
  return takeLot(code, "");
});
