// @ts-check
/**
 * The review of a dealer's sheet: a row is saved as soon as one of its values changes or a button of it is pressed, and drawn anew as the
 * server sees it. Without script each row is a form with its own button. What is typed meanwhile stays.
 */
import { post, Unreachable } from "lib/api.js";

const WAIT_MS = 200; // a press on an offer follows the change that leaving the field caused: send both together

/** @type {Map<string, number>} */
const waiting = new Map();
/** The last save of each row: the next one begins when it is drawn, so that no answer is sent with what stood there before it.
 * @type {Map<string, Promise<void>>} */
const saving = new Map();

/** @param {string} row @returns {HTMLFormElement | null} */
const formOf = (row) => /** @type {HTMLFormElement | null} */ (document.getElementById(`f${row}`));

/** @param {HTMLElement} body @returns {Record<string, string>} */
function typed(body) {
  const form = formOf(body.dataset.row || "");
  const fields = form ? Array.from(form.elements) : [];
  /** @type {Record<string, string>} */
  const values = {};
  for (const field of fields) {
    if ((field instanceof HTMLInputElement && field.type !== "hidden") || field instanceof HTMLSelectElement) values[field.name] = field.value;
  }
  return values;
}

/** @param {string} row @param {string} action */
function save(row, action) {
  window.clearTimeout(waiting.get(row));
  waiting.delete(row);
  const before = saving.get(row) || Promise.resolve();
  const next = () => send(row, action);
  saving.set(row, before.then(next, next));
}

/** @param {string} row @param {string} action */
async function send(row, action) {
  const body = document.getElementById(`row-${row}`);
  if (!body) return;
  body.setAttribute("aria-busy", "true");
  try {
    const sent = typed(body);
    const answer = await post(body.dataset.url || "", { ...sent, do: action });
    replace(body, answer.row, sent);
    const head = document.querySelector("#import-head");
    if (head) head.innerHTML = answer.head;
  } catch (failure) {
    body.removeAttribute("aria-busy");
    if (failure instanceof Unreachable) say(document.querySelector("#import-rows"));
    else throw failure;
  }
}

/** @param {HTMLElement} body @param {string} html @param {Record<string, string>} sent */
function replace(body, html, sent) {
  const focused = document.activeElement;
  const id = focused && body.contains(focused) ? focused.id : "";
  const isTyping = focused instanceof HTMLInputElement && focused.value !== (sent[focused.name] ?? focused.value);
  const text = isTyping ? /** @type {HTMLInputElement} */ (focused).value : null;
  const box = document.createElement("table");
  box.innerHTML = html;
  const fresh = box.tBodies[0];
  body.replaceWith(fresh);
  const again = id ? document.getElementById(id) : null;
  if (again instanceof HTMLInputElement && text !== null) again.value = text;
  (again || (id ? null : fresh.querySelector("[aria-invalid]")))?.focus?.();
  if (again instanceof HTMLInputElement) again.select();
}

/** @param {Element | null} table */
function say(table) {
  if (!table || document.querySelector("#unsaved")) return;
  const note = document.createElement("p");
  note.id = "unsaved";
  note.className = "note stop";
  note.setAttribute("role", "alert");
  note.textContent = /** @type {HTMLElement} */ (table).dataset.unsaved || "";
  table.before(note);
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
const rowOf = (target) => (target instanceof HTMLElement ? target.closest("tbody[data-row]") : null);

const table = document.querySelector("#import-rows");
table?.addEventListener("change", (event) => {
  const body = rowOf(event.target);
  if (!body) return;
  const row = body.dataset.row || "";
  window.clearTimeout(waiting.get(row));
  waiting.set(row, window.setTimeout(() => save(row, ""), WAIT_MS));
});
table?.addEventListener("submit", (event) => {
  const submit = /** @type {SubmitEvent} */ (event);
  const body = rowOf(submit.target);
  if (!body) return;
  submit.preventDefault();
  const button = submit.submitter;
  save(body.dataset.row || "", button instanceof HTMLButtonElement && button.name === "do" ? button.value : "");
});

/** Whether a value was typed that is not saved yet: its field was not left, or its row is about to be sent. */
function isUnsaved() {
  const field = document.activeElement;
  return waiting.size > 0 || (field instanceof HTMLInputElement && rowOf(field) !== null && field.value !== field.defaultValue);
}

window.addEventListener("beforeunload", (event) => {
  if (isUnsaved()) event.preventDefault(); // the browser asks before what is typed is gone
});
