// @ts-check
/** Whether the server is there, for all who ask; a change is told as a `net` event on `document`. */

let isThere = navigator.onLine;

/** @returns {boolean} */
export const isOnline = () => isThere;

/** @param {boolean} isNow */
export function tellOnline(isNow) {
  if (isThere === isNow) return;
  isThere = isNow;
  document.dispatchEvent(new CustomEvent("net", { detail: { isOnline: isNow } }));
}
