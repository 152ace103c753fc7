// @ts-check
/** Sentences of the server, filled on the device: the document that a page holds brings them in the person's language. */

/** @param {any} document @param {string} msgid @param {Record<string, any>} [facts] @returns {string} */
export function say(document, msgid, facts = {}) {
  const sentence = document.words[msgid] || msgid;
  return sentence.replace(/%\((\w+)\)s/g, (/** @type {string} */ _hole, /** @type {string} */ name) => shown(facts[name]));
}

/** What stands between things that are listed. */
export const listed = () => (window.document.documentElement.lang.startsWith("en") ? ", " : "、");

/** @param {any} fact */
const shown = (fact) => (Array.isArray(fact) ? fact.join(listed()) : String(fact ?? ""));

/**
 * A refusal in the form of the server's answer.
 * @param {any} document @param {string} block @param {string} expected @param {string} got @param {string} todo @param {object} [shown]
 */
export function refuse(document, block, expected, got, todo, shown = {}) {
  return { outcome: "BLOCK", block_code: block, block_name: document.blocks[block], expected, got, todo, say: null, shown };
}

/** @param {string} sentence @param {object} [shown] */
export function accept(sentence, shown = {}) {
  return { outcome: "ACCEPT", block_code: null, block_name: null, expected: null, got: null, todo: null, say: sentence, shown };
}
