// @ts-check
/**
 * The device's queue of scans: kept on the disk before they are sent, sent in their order, kept until each has its answer.
 * The number of a scan (`scan_id`) and its place in the order (`position`) are given when it is kept and go with it however
 * often it is sent, so that the server does it once. A change is told as a `queue` event on `document`.
 */
import { Refused, SessionEnded, Unreachable, post } from "lib/api.js";
import { isOnline, tellOnline } from "lib/net.js";
import * as store from "lib/store.js";

const AT_ONCE = 100; // scans of one batch; the server takes 500
const PATIENCE_MS = 4000; // for one scan that somebody waits for
const PATIENCE_BATCH_MS = 30_000;
const TAKEN = "mes.scanning.position_taken";

/** @type {Promise<any>} */
let line = Promise.resolve();

/** @type {Map<string, any>} scans whose verdict somebody waits for, whichever request brings it; with the answer once it is there */
const awaited = new Map();

const changed = () => document.dispatchEvent(new CustomEvent("queue"));

/** Keep a scan of a page. @param {string} page @param {Record<string, any>} body @param {string | null} shown the outcome that the person is told, if any */
export async function keep(page, body, shown) {
  const scan = { page, body, shown, state: "waiting", outcome: null };
  const position = await store.put("scans", scan);
  changed();
  return { ...scan, position };
}

/** The person was told this in the meantime. @param {any} scan @param {string | null} shown */
export const tellShown = (scan, shown) => store.put("scans", { ...scan, shown });

/** What somebody has to look at: refused although the person was told otherwise, or never judged. @param {any} scan @param {any} item */
function concern(scan, item) {
  const { verdict, error, box } = item;
  const isRefused = error !== null || verdict.outcome === "BLOCK";
  if (isRefused === (scan.shown === "BLOCK")) return null;
  const { kind, code, context, scanned_at } = scan.body;
  const words = verdict || { got: code, todo: error.message };
  const { block_code, block_name, expected, got, todo, say } = words;
  return { scan_id: scan.body.scan_id, position: scan.position, kind, code, box: box || context || code, scanned_at, block_code, block_name, expected, got, todo: todo || say };
}

/** Send what waits longest; false when nothing waits. @param {string} url @returns {Promise<boolean>} */
async function sendSome(url) {
  const waiting = await store.scansOf("waiting", AT_ONCE);
  if (!waiting.length) return false;
  const scans = waiting.map((scan) => ({ ...scan.body, position: scan.position }));
  const patience = waiting.length > 1 ? PATIENCE_BATCH_MS : PATIENCE_MS;
  const { answers, next_position: next } = await post(url, { scans }, { limitMs: patience, mayRepeat: false });
  const judged = waiting.map((scan, index) => ({ scan, item: answers[index] })).filter(({ item }) => item.error?.code !== TAKEN);
  const settled = judged.map(({ scan, item }) => ({ ...scan, state: "done", outcome: item.verdict?.outcome || "ERROR" }));
  const concerns = judged.filter(({ scan }) => !awaited.has(scan.body.scan_id)).map(({ scan, item }) => concern(scan, item));
  await store.settle(settled, concerns.filter(Boolean));
  if (judged.length < waiting.length) await store.renumber(await store.scansOf("waiting"), next);
  for (const { item } of judged) if (awaited.has(item.scan_id)) awaited.set(item.scan_id, item);
  return true;
}

/** @param {string} url */
async function sendAll(url) {
  while (await sendSome(url)) changed();
  changed();
}

/** @param {() => Promise<any>} work one page of the device at a time, where the browser can tell */
const alone = (work) => (navigator.locks ? navigator.locks.request("mortise-queue", work) : work());

/**
 * Send everything that waits. Throws Unreachable, SessionEnded, Refused; what has no answer stays.
 * @param {string} [mine] @returns {Promise<any>} the item of the scan `mine`, when it was answered: by this request or by one before it
 */
export async function drain(mine = "") {
  const url = /** @type {HTMLElement | null} */ (document.querySelector("[data-batch-url]"))?.dataset.batchUrl;
  if (!url) return null; // nobody is logged in here
  if (mine) awaited.set(mine, null);
  const sent = line.then(() => alone(() => sendAll(url)));
  line = sent.catch((failure) => {
    if (failure instanceof Unreachable) tellOnline(false);
  });
  try {
    await sent;
    return awaited.get(mine) || null;
  } finally {
    awaited.delete(mine);
  }
}

/** Send what waits whenever the server is there again; failures are shown by the count that does not go down. */
export function startQueue() {
  const go = async () => {
    if (!isOnline() || !(await store.countOf("waiting"))) return;
    try {
      await drain();
      document.dispatchEvent(new CustomEvent("drained"));
    } catch (failure) {
      if (!(failure instanceof Unreachable || failure instanceof SessionEnded || failure instanceof Refused)) throw failure;
    }
  };
  document.addEventListener("net", go);
  setInterval(go, 20_000);
  go();
}
