// @ts-check
/** What the door itself says of a code, before anybody looks what it stands for (mes/scanning/service.py). */
import { isCode, typeLetter } from "lib/codes.js";
import { refuse, say } from "lib/words.js";

/** @param {any} document @param {string} code */
export function unreadable(document, code) {
  if (isCode(code)) return null;
  const todo = say(document, "Scan again. If the label is torn, print a new one.");
  return refuse(document, "E20", say(document, "A code with its check character"), code.slice(0, 20) || "—", todo);
}

/** A readable code that is not in what is held. @param {any} document @param {string} code */
export function unknown(document, code) {
  return refuse(document, "E21", say(document, "A label that Mortise printed"), code, say(document, "Put it aside and call the team leader."));
}

/**
 * @param {any} document @param {{kind: string, code: string, context?: string | null}} body
 * @param {string} letters that the code may begin with @param {string} [contextLetters] that what it belongs to may begin with
 */
export function wrongStep(document, body, letters, contextLetters = "") {
  const lacksContext = contextLetters && !body.context;
  const isContextRight = !contextLetters || (body.context && contextLetters.includes(typeLetter(body.context)));
  if (letters.includes(typeLetter(body.code)) && isContextRight) return null;
  const expected = lacksContext
    ? say(document, "First what it belongs to, then this code")
    : say(document, "A code for: %(step)s", { step: document.steps[body.kind] });
  const wrong = (letters.includes(typeLetter(body.code)) && body.context) || body.code; // not what is in hand
  return refuse(document, "E22", expected, wrong, say(document, "Scan the label that this step asks for."));
}
