// @ts-check
/** Calls to our own server: JSON, CSRF header, a time limit, and another try where that can do no harm. */

const LIMIT_MS = 8000;
const PAUSES_MS = [400, 1200]; // before the second and the third try

/** The person must log in again; nothing was done. */
export class SessionEnded extends Error {}
/** No answer came. Whether the server did it is not known: send the same again, with the same scan_id. */
export class Unreachable extends Error {}
/** The server said no; `code` and `message` are its words, `fields` its marks. */
export class Refused extends Error {
  /** @param {{code?: string, message?: string, fields?: Record<string, string>}} error @param {number} status */
  constructor(error, status) {
    super(error.message || String(status));
    this.code = error.code || "";
    this.fields = error.fields || {};
    this.status = status;
  }
}

/** @returns {string} */
function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") || "";
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {string} url @param {RequestInit} how @param {number} limitMs */
async function once(url, how, limitMs) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), limitMs);
  try {
    const answer = await fetch(url, { ...how, signal: stop.signal, credentials: "same-origin" });
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    const body = isJson ? await answer.json() : null;
    return { answer, body };
  } catch (failure) {
    throw new Unreachable(String(failure));
  } finally {
    clearTimeout(timer);
  }
}

/** @param {Response} answer @param {any} body */
function judge(answer, body) {
  if (answer.status === 401 || body?.error?.code === "core.form_expired" || (answer.redirected && body === null)) {
    document.dispatchEvent(new CustomEvent("session-ended"));
    throw new SessionEnded();
  }
  if ([502, 503, 504].includes(answer.status)) throw new Unreachable(String(answer.status));
  if (!answer.ok) throw new Refused(body?.error || {}, answer.status);
  return body;
}

/**
 * @param {string} url @param {RequestInit} how
 * @param {boolean} mayRepeat is it the same thing when it is done twice?
 * @param {number} [limitMs] how long an answer is waited for
 */
async function call(url, how, mayRepeat, limitMs = LIMIT_MS) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { answer, body } = await once(url, how, limitMs);
      return judge(answer, body);
    } catch (failure) {
      if (!(failure instanceof Unreachable) || !mayRepeat || attempt >= PAUSES_MS.length) throw failure;
      await pause(PAUSES_MS[attempt]);
    }
  }
}

/** @param {string} url @param {{mayRepeat?: boolean, limitMs?: number}} [how] @returns {Promise<any>} */
export function get(url, { mayRepeat = true, limitMs } = {}) {
  return call(url, { headers: { Accept: "application/json" } }, mayRepeat, limitMs);
}

/**
 * A body that carries a `scan_id` is sent again with the same one when the answer was lost: the server does it once.
 * @param {string} url @param {Record<string, any>} body @param {{mayRepeat?: boolean, limitMs?: number}} [how] @returns {Promise<any>}
 */
export function post(url, body, { mayRepeat = Boolean(body.scan_id), limitMs } = {}) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() };
  return call(url, { method: "POST", headers, body: JSON.stringify(body) }, mayRepeat, limitMs);
}
