// @ts-check
/** The browser's own voice says what a verdict says, in the person's language; each device can switch it off and keeps that. */

const OFF = "mortise_silent";

/** @returns {boolean} */
export const isOn = () => window.localStorage.getItem(OFF) === null;

/** Say a few words; what was being said before is over. @param {...(string | null | undefined)} words */
export function speak(...words) {
  const isEnglish = document.documentElement.lang.startsWith("en");
  const text = words.filter(Boolean).join(isEnglish ? ". " : "。");
  if (!text || !isOn() || typeof SpeechSynthesisUtterance === "undefined" || !window.speechSynthesis) return;
  window.speechSynthesis.cancel();
  const said = new SpeechSynthesisUtterance(text);
  said.lang = isEnglish ? "en-GB" : "zh-CN";
  said.rate = 1.15;
  window.speechSynthesis.speak(said);
}

/** `<button data-voice data-on="…" data-off="…" aria-pressed>` switches it on this device. */
export function startVoice() {
  for (const button of document.querySelectorAll("button[data-voice]")) {
    const one = /** @type {HTMLElement} */ (button);
    const draw = () => {
      one.setAttribute("aria-pressed", String(isOn()));
      const words = one.querySelector("span");
      if (words) words.textContent = (isOn() ? one.dataset.on : one.dataset.off) || "";
    };
    one.addEventListener("click", () => {
      if (isOn()) window.localStorage.setItem(OFF, "1");
      else window.localStorage.removeItem(OFF);
      if (!isOn() && window.speechSynthesis) window.speechSynthesis.cancel();
      draw();
    });
    draw();
  }
}
