// @ts-check
/**
 * What a device keeps across a restart, in the browser's own database. Stores:
 * `scans` {position, page, body, shown, state: "waiting" | "done", outcome} by position, which only ever counts up;
 * `refused` {scan_id, …} what a person has still to look at; `jobs` {name, etag, document}; `kept` {name, value}.
 */

const NAME = "mortise";
const VERSION = 1;

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @param {IDBDatabase} database */
function make(database) {
  database.createObjectStore("scans", { keyPath: "position", autoIncrement: true }).createIndex("state", "state");
  database.createObjectStore("refused", { keyPath: "scan_id" });
  database.createObjectStore("jobs", { keyPath: "name" });
  database.createObjectStore("kept", { keyPath: "name" });
}

/** @returns {Promise<IDBDatabase>} */
function database() {
  opened = opened || new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => make(asked.result);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

/**
 * Run `work` in one transaction; resolve with what it returns once all of it is on the disk.
 * @template T @param {string[]} stores @param {"readonly" | "readwrite"} mode @param {(...stores: IDBObjectStore[]) => T} work
 * @returns {Promise<T>}
 */
async function transaction(stores, mode, work) {
  const base = await database();
  return new Promise((resolve, reject) => {
    const run = base.transaction(stores, mode, { durability: "strict" });
    const result = work(...stores.map((name) => run.objectStore(name)));
    run.oncomplete = () => resolve(result);
    run.onerror = run.onabort = () => reject(run.error);
  });
}

/** @param {string} store @param {(store: IDBObjectStore) => IDBRequest} ask @returns {Promise<any>} */
async function ask(store, ask) {
  const asked = await transaction([store], "readonly", ask);
  return asked.result;
}

/** @param {string} store @param {IDBValidKey} key @returns {Promise<any>} */
export const get = (store, key) => ask(store, (rows) => rows.get(key));

/** @param {string} store @returns {Promise<any[]>} in the order of their keys */
export const all = (store) => ask(store, (rows) => rows.getAll());

/** @param {string} store @param {any} row @returns {Promise<any>} its key */
export async function put(store, row) {
  const asked = await transaction([store], "readwrite", (rows) => rows.put(row));
  return asked.result;
}

/** @param {string} store @param {IDBValidKey[]} keys */
export function remove(store, keys) {
  return transaction([store], "readwrite", (rows) => keys.forEach((key) => rows.delete(key)));
}

/** @param {string} state @param {number} [most] @returns {Promise<any[]>} scans of a state in their order */
export const scansOf = (state, most) => ask("scans", (rows) => rows.index("state").getAll(state, most));

/** @param {string} state @returns {Promise<number>} */
export const countOf = (state) => ask("scans", (rows) => rows.index("state").count(state));

/** Write down what became of some scans, and what is to be looked at, all or nothing. @param {any[]} scans @param {any[]} refused */
export function settle(scans, refused) {
  return transaction(["scans", "refused"], "readwrite", (rows, looks) => {
    scans.forEach((scan) => rows.put(scan));
    refused.forEach((one) => looks.put(one));
  });
}

/** Count all waiting scans anew, from `next` on, in their order. @param {any[]} waiting @param {number} next */
export function renumber(waiting, next) {
  return transaction(["scans"], "readwrite", (rows) => {
    waiting.forEach((scan) => rows.delete(scan.position));
    waiting.forEach((scan, index) => rows.put({ ...scan, position: next + index }));
  });
}
