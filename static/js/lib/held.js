// @ts-check
/** The jobs a station holds: fetched when the server is there, kept for when it is not, brought up to date by the device's own scans. */
import { isOnline } from "lib/net.js";
import * as store from "lib/store.js";

/** Fetch the jobs of a page unless nothing changed, and let go of the scans that are in them now. @param {string} name @param {string} url */
export async function fetchJobs(name, url) {
  const [before, answered] = await Promise.all([store.get("jobs", name), store.scansOf("done")]);
  const headers = before ? { "If-None-Match": before.etag } : {};
  const answer = await fetch(url, { headers: { Accept: "application/json", ...headers }, cache: "no-store", credentials: "same-origin" }).catch(() => null);
  if (!answer || !(answer.status === 200 || answer.status === 304)) return false; // what is held stays held
  const at = Date.now(); // it is as the server has it now, changed or not
  if (answer.status === 304) await store.put("jobs", { ...before, at });
  else await store.put("jobs", { name, at, etag: answer.headers.get("ETag") || "", lang: document.documentElement.lang, document: await answer.json() });
  await store.remove("scans", answered.filter((scan) => scan.page === name).map((scan) => scan.position));
  return true;
}

/**
 * The jobs as this device knows them: as they were fetched, and every scan since that was let pass.
 * @template H @param {string} name @param {{build: (document: any) => H, apply: (held: H, body: any) => void}} judge
 * @returns {Promise<H | null>} null when none were ever fetched
 */
export async function heldJobs(name, judge) {
  const [kept, scans] = await Promise.all([store.get("jobs", name), store.all("scans")]);
  if (!kept) return null;
  const held = judge.build(kept.document);
  for (const scan of scans.filter((one) => one.page === name)) {
    const passed = scan.state === "done" ? scan.outcome : scan.shown;
    if (passed === "ACCEPT" || passed === "OVERRIDE") judge.apply(held, scan.body);
  }
  return held;
}

/** Tell in the top bar, while the network is away, how old is what a page holds. @param {string} name */
export async function tellAge(name) {
  const place = /** @type {HTMLElement | null} */ (document.querySelector("[data-held]"));
  const figure = place?.querySelector("b");
  if (!place || !figure) return;
  const at = (await store.get("jobs", name))?.at;
  place.hidden = isOnline() || !at;
  const fetched = new Date(at || 0);
  const isToday = fetched.toDateString() === new Date().toDateString();
  figure.textContent = isToday
    ? fetched.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })
    : fetched.toLocaleDateString(document.documentElement.lang, { month: "numeric", day: "numeric" });
}
