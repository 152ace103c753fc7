// @ts-check
/**
 * Working intervals: while the page is in front and a person did something in the last two minutes, say so every 30 s.
 * What is worked on stands in `<body data-beat='{"kind": …, "subject": …, "subject_id": …}' data-beat-url="…">`.
 */
import { post } from "lib/api.js";

const EVERY_MS = 30_000;
const IDLE_MS = 120_000;
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "scan"];

/** Start to tell, where the page says what is worked on. */
export function startBeat() {
  const { beat, beatUrl } = document.body.dataset;
  if (!beat || !beat.trim() || !beatUrl) return;
  const subject = JSON.parse(beat);
  let lastSignAt = performance.now();
  for (const sign of SIGNS) document.addEventListener(sign, () => (lastSignAt = performance.now()), { passive: true });
  const tell = () => {
    if (document.visibilityState !== "visible" || performance.now() - lastSignAt > IDLE_MS) return;
    post(beatUrl, subject).catch(() => {}); // a lost beat shortens an interval by 30 s; it must never disturb the work
  };
  setInterval(tell, EVERY_MS);
  tell();
}
