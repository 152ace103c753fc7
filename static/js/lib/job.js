// @ts-check
/** Follows every job bar of a page (`_macros/jobs.html`) and loads the page again when its job has ended. */
import { get } from "lib/api.js";

const EVERY_MS = 2000;
const OPEN = ["QUEUED", "RUNNING"];

/** @param {HTMLElement} box @param {string} name @param {string} text */
function write(box, name, text) {
  const part = box.querySelector(`[data-job-${name}]`);
  if (part && part.textContent !== text) part.textContent = text;
}

/** @param {HTMLElement} box */
async function follow(box) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    const job = await get(box.dataset.job || "").catch(() => null); // the next look may get an answer
    if (!job) continue;
    const bar = box.querySelector("progress");
    if (bar) {
      bar.max = job.total || 1;
      bar.value = job.done;
    }
    write(box, "label", job.label);
    write(box, "done", String(job.done));
    write(box, "total", String(job.total || "–"));
    if (job.left !== undefined) write(box, "left", job.left);
    if (!OPEN.includes(job.state)) return window.location.reload();
  }
}

for (const box of document.querySelectorAll("[data-job]")) {
  if (box instanceof HTMLElement && OPEN.includes(box.dataset.jobState || "")) follow(box);
}
