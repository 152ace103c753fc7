// @ts-check
/**
 * What the other pages of this device need without the network is fetched ahead, whether they were opened before or not:
 * what they hold, and the pages themselves (static/js/worker.js keeps them). The page that is open looks after itself.
 */
import { fetchJobs } from "lib/held.js";
import { isOnline } from "lib/net.js";
import * as store from "lib/store.js";

const FIRST_MS = 2000; // the page itself comes first
const AGAIN_MS = 600_000;

/** @param {Array<{page: string, key: string, holds: string}>} pages */
async function look(pages) {
  if (!isOnline() || (await store.countOf("waiting"))) return; // what waits must be in it first
  const { active } = await navigator.serviceWorker.ready;
  for (const { page, key, holds } of pages.filter((one) => one.page !== window.location.pathname)) {
    if (await fetchJobs(key, holds)) active?.postMessage({ keep: page });
  }
}

export function startAhead() {
  const given = /** @type {HTMLElement | null} */ (document.querySelector("[data-ahead]"))?.dataset.ahead;
  if (!given || !navigator.serviceWorker) return; // on secure origins only
  const pages = JSON.parse(given);
  setTimeout(() => look(pages), FIRST_MS);
  setInterval(() => look(pages), AGAIN_MS);
}
