// @ts-check
/** What a tablet page shows beside the verdict, drawn on the device from what it holds: as the server's templates draw it. */

const MOST_SLOTS = 12; // more holes nobody counts at a glance

/** @param {string} tag @param {string} cls @param {...(string | Node)} content */
function make(tag, cls, ...content) {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  node.append(...content);
  return node;
}

/** @param {string} sprite @param {string} name */
function icon(sprite, name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${sprite}#i-${name}`);
  svg.append(use);
  return svg;
}

/** So many holes, so many of them filled; and the figures. @param {number} done @param {number} total */
export function count(done, total) {
  const slots = make("span", "slots");
  for (let k = 0; k < total; k += 1) slots.append(make("i", k < done ? "in" : ""));
  const figures = make("span", "", String(done), make("small", "", ` / ${total}`));
  return make("p", "count", ...(total && total <= MOST_SLOTS ? [slots] : []), figures);
}

/**
 * What is in hand. @param {HTMLElement} job @param {string} what @param {string} number @param {string} where
 * @param {number} done @param {number} total @param {Record<string, string | null>} data for `data-*`; null takes one away
 */
export function inHand(job, what, number, where, done, total, data) {
  for (const [name, value] of Object.entries(data)) {
    if (value === null) delete job.dataset[name];
    else job.dataset[name] = value;
  }
  job.replaceChildren(make("h1", "what", what), make("p", "where", make("b", "code", number), make("br", ""), where), count(done, total));
}

/**
 * A list with what is in and what is not. @param {HTMLElement} aside @param {string} sprite @param {string} title @param {string} foot
 * @param {Array<{name: string, size: string, isIn: boolean, isLast?: boolean}>} rows
 */
export function contents(aside, sprite, title, foot, rows) {
  const list = make("ol", "");
  for (const { name, size, isIn, isLast } of rows) {
    const cls = [isIn ? "in" : "", isLast ? "last" : ""].filter(Boolean).join(" ");
    list.append(make("li", cls, icon(sprite, isIn ? "done" : "slot"), make("b", "", name), make("span", "", size)));
  }
  aside.setAttribute("aria-label", title);
  aside.replaceChildren(make("h2", "", title), list, make("p", "foot", foot));
}

/** Put the one thing to do next in place, and say whether it may be done. @param {string} id of its template @param {boolean} isReady */
export function mainAct(id, isReady) {
  const template = document.getElementById(id);
  if (!(template instanceof HTMLTemplateElement)) return;
  const fresh = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const button = fresh.querySelector("button");
  button?.toggleAttribute("disabled", !isReady);
  button?.querySelector("small")?.toggleAttribute("hidden", isReady);
  document.getElementById("main-act")?.replaceWith(fresh);
}
