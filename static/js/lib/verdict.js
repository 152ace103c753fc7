// @ts-check
/**
 * Draws the verdict of a scan into the panel of a floor page (`.verdict`) or of a handheld (`.hand-go`): silhouette, number, word,
 * expected, got, and the one thing to do. A refusal stays until the next scan. The panel is `aria-live`; its words stand in `data-*`:
 * `data-sprite` (address of the icons), `data-expected`, `data-got`, `data-overridden`.
 */

/**
 * @typedef {{kind: "wait" | "done" | "stop" | "attn" | "unconfirmed", word?: string, name?: string, size?: string,
 *   number?: string, expected?: string, got?: string, todo?: string, say?: string, picture?: string, note?: string}} Verdict
 */

const SHAPES = { wait: "scan", done: "done", stop: "stop", attn: "attn", unconfirmed: "done" };
const NEUTRAL = "E28"; // already in here: no error, nothing changed
const SMALLEST_PX = 20;

/** @param {string} tag @param {string} cls @param {...(string | Node)} content */
function make(tag, cls, ...content) {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  node.append(...content);
  return node;
}

/** @param {HTMLElement} panel @param {string} name @param {string} cls */
function icon(panel, name, cls) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", cls);
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${panel.dataset.sprite || ""}#i-${name}`);
  svg.append(use);
  return svg;
}

/** @param {HTMLElement} panel @param {Verdict} verdict */
function refusal(panel, verdict) {
  const versus = make("dl", "versus");
  if (verdict.expected) versus.append(make("dt", "", panel.dataset.expected || ""), make("dd", "", verdict.expected));
  if (verdict.got) versus.append(make("dt", "", panel.dataset.got || ""), make("dd", "", verdict.got));
  const number = make("p", "no", verdict.number || "");
  const word = make("p", "kind", verdict.word || "");
  const todo = make("p", "todo", icon(panel, "back", "i"), make("span", "", verdict.todo || verdict.say || ""));
  const note = verdict.note ? [make("p", "note-line", verdict.note)] : [];
  return [make("div", "say", icon(panel, "stop", "shape"), number, word), versus, todo, ...note];
}

/** @param {HTMLElement} panel @param {Verdict} verdict */
function plain(panel, verdict) {
  const words = make("div", "");
  if (verdict.kind === "wait") words.append(make("p", "word", verdict.word || ""));
  if (verdict.name) words.append(make("p", "name", verdict.name));
  if (verdict.size) words.append(make("p", "size", verdict.size));
  if (verdict.kind !== "wait" && verdict.word) words.append(make("p", "word", verdict.word));
  if (verdict.say && verdict.say !== verdict.name) words.append(make("p", "more", verdict.say));
  if (verdict.todo) words.append(make("p", "more next", icon(panel, "next", "i"), verdict.todo));
  return [make("div", "say", icon(panel, SHAPES[verdict.kind], "shape"), words)];
}

/**
 * English runs longer and names differ: the size gives way, never the words.
 * @param {HTMLElement} panel
 */
export function fit(panel) {
  for (const line of panel.querySelectorAll("p.name, p.size, p.word, p.kind, .versus dd, .todo span")) {
    const text = /** @type {HTMLElement} */ (line);
    text.style.fontSize = "";
    let size = parseFloat(getComputedStyle(text).fontSize);
    const room = panel.getBoundingClientRect().right - parseFloat(getComputedStyle(panel).paddingRight);
    while (size > SMALLEST_PX && (text.getBoundingClientRect().left + text.scrollWidth > room + 1 || text.scrollWidth > text.clientWidth + 1)) {
      size *= 0.9;
      text.style.fontSize = `${size}px`;
    }
  }
  const [first] = panel.querySelectorAll(".versus dd");
  for (let tries = 0; first && panel.scrollHeight > panel.clientHeight + 1 && tries < 8; tries += 1) shrink(panel);
}

/** @param {HTMLElement} panel */
function shrink(panel) {
  for (const line of panel.querySelectorAll(".no, .kind, .versus dd, .todo span")) {
    const text = /** @type {HTMLElement} */ (line);
    text.style.fontSize = `${parseFloat(getComputedStyle(text).fontSize) * 0.9}px`;
  }
}

/** @param {HTMLElement} panel @param {string} url an address of our own that answers a drawing */
async function draw(panel, url) {
  const box = make("div", "place-in-set");
  panel.append(box);
  const answer = await fetch(url, { credentials: "same-origin" }).catch(() => null); // without a picture the words still stand
  if (answer && answer.ok && box.isConnected) box.innerHTML = await answer.text();
}

/** Draw `verdict`. @param {HTMLElement} panel @param {Verdict} verdict */
export function show(panel, verdict) {
  const base = panel.classList.contains("hand-go") ? "hand-go" : "verdict";
  panel.className = `${base} ${verdict.kind}${verdict.kind === "unconfirmed" ? " hatch" : ""}`;
  panel.replaceChildren(...(verdict.kind === "stop" ? refusal(panel, verdict) : plain(panel, verdict)));
  panel.dataset.kind = verdict.kind;
  const hasPicture = Boolean(verdict.picture) && verdict.kind !== "stop" && base === "verdict"; // a handheld has no room for one
  panel.classList.toggle("has-picture", hasPicture);
  if (verdict.picture && hasPicture) draw(panel, verdict.picture);
  fit(panel);
}

/**
 * The server's answer to a scan (contracts: scan protocol) as a verdict.
 * @param {any} answer @param {HTMLElement} panel @returns {Verdict}
 */
export function verdictOf(answer, panel) {
  const shown = answer.shown || {};
  const isRefusal = answer.outcome === "BLOCK" && answer.block_code !== NEUTRAL;
  const picture = shown.picture;
  if (isRefusal) {
    const { block_code: number, block_name: word, expected, got, todo } = answer;
    return { kind: "stop", number, word, expected, got, todo, say: answer.message };
  }
  if (answer.outcome === "BLOCK") {
    return { kind: "attn", name: shown.name || answer.block_name, size: shown.size, say: answer.got || answer.block_name, todo: answer.todo, picture };
  }
  const word = answer.outcome === "OVERRIDE" ? panel.dataset.overridden : "";
  const name = shown.name || answer.say;
  const say = shown.name ? answer.say : "";
  const kind = shown.proves === false ? "wait" : "done"; // a box taken in hand proves nothing yet
  return { kind, name, size: shown.size, word, say, todo: shown.next, picture };
}
