// @ts-check
/**
 * Answers of a dealer decided on with one key: A accepts the first one that is not stale, R goes to the reason for rejecting.
 * Keys that are held down, or typed into a field, decide nothing.
 */

/** @param {EventTarget | null} target @returns {boolean} */
const isTyping = (target) => target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
  const key = event.key.toLowerCase();
  if (key !== "a" && key !== "r") return;
  const found = document.querySelector(`[data-answers] [data-press="${key}"]`);
  if (!(found instanceof HTMLElement)) return;
  event.preventDefault();
  if (found instanceof HTMLInputElement) found.focus();
  else found.click();
});
