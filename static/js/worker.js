// The service worker: the floor's pages open without the network. Served by core/web/offline.py, which puts KEPT before it:
// {version, assets: addresses with the hash of their content, pages: paths that go on without the network, fallback}.
// A page comes from the network whenever the server answers; what is kept is for when it does not.

const ASSETS = "mortise-assets";
const PAGES = "mortise-pages";

/** Without the log-in: what is nobody's in particular; and its answer must not set back the cookie of a page that loads meanwhile. */
const unsigned = (address) => new Request(address, { credentials: "omit" });

/** Keep what this version is made of; what is there already has the same content, because its hash is in its address. */
async function keepAssets() {
  const cache = await caches.open(ASSETS);
  const there = new Set((await cache.keys()).map((request) => new URL(request.url).pathname + new URL(request.url).search));
  for (const address of KEPT.assets.filter((one) => !there.has(one))) {
    await cache.add(unsigned(address)); // one after the other: what is there stays there when the network breaks off
  }
  const pages = await caches.open(PAGES);
  await pages.add(unsigned(KEPT.fallback));
}

/** Fetch a page and keep it; without the network what was kept stays. @param {Cache} pages @param {string} path @returns {Promise<boolean>} whether an answer came */
async function keepPage(pages, path) {
  const answer = await fetch(path, { credentials: "same-origin" }).catch(() => null);
  if (!answer) return false;
  if (answer.ok && !answer.redirected) await pages.put(path, answer);
  else await pages.delete(path); // nobody may open it now; it is kept again when somebody does
  return true;
}

/** Fetch the kept pages anew, since they name the assets of their version; then let go of assets that no page names. */
async function renew() {
  const pages = await caches.open(PAGES);
  for (const request of await pages.keys()) {
    const path = new URL(request.url).pathname;
    if (path === KEPT.fallback) continue; // just fetched
    if (!(await keepPage(pages, path))) return; // without the network the old page and its assets stay
  }
  const cache = await caches.open(ASSETS);
  const wanted = new Set(KEPT.assets);
  for (const request of await cache.keys()) {
    const { pathname, search } = new URL(request.url);
    if (!wanted.has(pathname + search)) await cache.delete(request);
  }
}

/** A page: the server's whenever it answers, else the kept one. @param {Request} request @param {string} path */
async function page(request, path) {
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected && KEPT.pages.includes(path)) {
      const cache = await caches.open(PAGES);
      await cache.put(path, answer.clone());
    }
    return answer;
  } catch (noAnswer) {
    const cache = await caches.open(PAGES);
    return (await cache.match(path)) || (await cache.match(KEPT.fallback)) || Response.error();
  }
}

/** @param {Request} request */
async function assetOf(request) {
  const cache = await caches.open(ASSETS);
  return (await cache.match(request)) || fetch(request);
}

self.addEventListener("install", (event) => {
  event.waitUntil(keepAssets().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim().then(renew));
});

self.addEventListener("message", (event) => {
  const path = event.data?.keep;
  if (KEPT.pages.includes(path)) event.waitUntil(caches.open(PAGES).then((pages) => keepPage(pages, path)));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request, address.pathname));
  else if (KEPT.assets.includes(address.pathname + address.search)) event.respondWith(assetOf(request));
});
