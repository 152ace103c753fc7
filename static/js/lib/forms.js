// @ts-check
/**
 * Nothing typed is lost, nothing is sent twice. A form with `data-keep="name"` keeps its typed values in this tab's storage from the first
 * change until it is known to be saved, and gets them back after an expired session. A form with `data-once`, or any POST form,
 * is sent once. All of it comes on top: each form works without script.
 */

const PREFIX = "kept:";
const UNLOCK_MS = 8000; // an answer this late has gone astray; let the person try again

/** @param {HTMLFormElement} form */
const keyOf = (form) => PREFIX + window.location.pathname + "#" + form.dataset.keep;

/** @param {Element} field @returns {field is HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} */
function isKept(field) {
  if (field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement) return Boolean(field.name);
  return field instanceof HTMLInputElement && Boolean(field.name) && !["password", "file", "hidden", "submit"].includes(field.type);
}

/** @param {HTMLFormElement} form */
function store(form) {
  const values = Array.from(form.elements).filter(isKept).map((field) => {
    const ticked = field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type) ? field.checked : null;
    return [field.name, field.value, ticked];
  });
  sessionStorage.setItem(keyOf(form), JSON.stringify(values));
}

/** @param {HTMLFormElement} form */
function restore(form) {
  const text = sessionStorage.getItem(keyOf(form));
  if (!text) return;
  const fields = Array.from(form.elements).filter(isKept);
  let changed = 0;
  for (const [index, [name, value, ticked]] of JSON.parse(text).entries()) {
    const field = fields[index];
    if (!field || field.name !== name) break; // the form is another one now
    if (ticked === null ? field.value !== value : /** @type {HTMLInputElement} */ (field).checked !== ticked) changed += 1;
    if (ticked === null) field.value = value;
    else /** @type {HTMLInputElement} */ (field).checked = ticked;
  }
  if (changed) say(form, document.body.dataset.restored || "", "attn");
}

/** @param {HTMLElement} where @param {string} text @param {string} kind @param {HTMLElement} [more] */
function say(where, text, kind, more) {
  const note = document.createElement("p");
  note.className = `note ${kind}`;
  note.setAttribute("role", kind === "stop" ? "alert" : "status");
  note.append(text, " ", ...(more ? [more] : []));
  where.prepend(note);
}

/** @param {HTMLFormElement} form */
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
    setTimeout(() => unlock(form), UNLOCK_MS);
  });
}

/** @param {HTMLFormElement} form */
function unlock(form) {
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
}

/** A page that came back from the back button must not stay locked. */
function unlockAll() {
  for (const form of document.forms) unlock(form);
}

/** A saved form says so by a `done` note, a guest's page by `data-saved`: then what was kept may go. */
function forgetSaved() {
  if (!document.querySelector(".flash.done, [data-saved]")) return;
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
}

/** Start all of it on this page. */
export function startForms() {
  forgetSaved();
  for (const form of document.forms) {
    if (form.method === "post") sendOnce(form);
    if (!form.dataset.keep) continue;
    restore(form);
    form.addEventListener("input", () => store(form));
    form.addEventListener("change", () => store(form));
  }
  window.addEventListener("pageshow", (event) => event.persisted && unlockAll());
  document.addEventListener("session-ended", sessionEnded, { once: true });
}

function sessionEnded() {
  const { sessionEnded: text, logIn, logInUrl } = document.body.dataset;
  const link = document.createElement("a");
  link.href = logInUrl || "/";
  link.textContent = logIn || "";
  say(document.querySelector("main") || document.body, text || "", "stop", link);
}
