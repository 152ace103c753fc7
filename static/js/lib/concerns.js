// @ts-check
/** The top bar of a floor page: how many scans wait, and what the server refused afterwards, with the box to open. */
import * as store from "lib/store.js";
import * as sound from "lib/sound.js";

/** @param {string} tag @param {string} cls @param {...(string | Node)} content */
function make(tag, cls, ...content) {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  node.append(...content);
  return node;
}

/** @param {HTMLElement} dialog @param {any} one */
function row(dialog, one) {
  const { open, expected, got, done, zone } = dialog.dataset;
  const facts = make("dl", "facts");
  if (one.expected) facts.append(make("dt", "", expected || ""), make("dd", "", one.expected));
  if (one.got) facts.append(make("dt", "", got || ""), make("dd", "", one.got));
  const button = make("button", "btn btn-primary", done || "");
  button.setAttribute("type", "button");
  button.addEventListener("click", async () => {
    await store.remove("refused", [one.scan_id]);
    document.dispatchEvent(new CustomEvent("queue"));
  });
  const at = new Date(one.scanned_at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  const head = make("p", "box", make("span", "", open || ""), " ", make("b", "", one.box));
  const kind = make("p", "kind", `${one.block_code || ""} ${one.block_name || ""}`.trim(), make("small", "", ` ${one.code} · ${at}`));
  return make("li", "", head, kind, facts, make("p", "now", one.todo || ""), button);
}

/** @param {HTMLElement} place @param {number} count */
function tell(place, count) {
  place.hidden = count === 0;
  const figure = place.querySelector("b");
  if (figure) figure.textContent = String(count);
}

/** Show both counts, and the list as long as it is open. */
export function startConcerns() {
  const waiting = /** @type {HTMLElement | null} */ (document.querySelector("[data-queue]"));
  const button = /** @type {HTMLElement | null} */ (document.querySelector("[data-concerns]"));
  const dialog = /** @type {HTMLDialogElement | null} */ (document.querySelector("dialog.concerns"));
  if (!waiting || !button || !dialog) return;
  let before = 0;
  const draw = async () => {
    const [count, concerns] = await Promise.all([store.countOf("waiting"), store.all("refused")]);
    tell(waiting, count);
    tell(button, concerns.length);
    concerns.sort((one, other) => one.position - other.position);
    dialog.querySelector("ul")?.replaceChildren(...concerns.map((one) => row(dialog, one)));
    if (concerns.length > before) {
      sound.bad();
      if (!dialog.open) dialog.showModal();
    }
    if (!concerns.length && dialog.open) dialog.close();
    before = concerns.length;
  };
  button.addEventListener("click", () => dialog.showModal());
  document.addEventListener("queue", draw);
  draw();
}
