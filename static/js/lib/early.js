// @ts-check
// A classic script in <head>: keys that are struck while a floor page still loads wait for lib/scanner.js, so that no scan is lost.
(() => {
  const MOST = 200; // a page that never listens must not keep them all
  /** @type {KeyboardEvent[]} */
  const keys = [];
  const keep = (/** @type {KeyboardEvent} */ event) => {
    keys.push(event);
    if (keys.length > MOST) keys.shift();
  };
  window.addEventListener("keydown", keep, { capture: true });
  /** Give the keys struck so far, and stop listening. */
  Object.assign(window, {
    takeEarlyKeys: () => {
      window.removeEventListener("keydown", keep, { capture: true });
      return keys.splice(0);
    },
  });
})();
