// @ts-check
/**
 * Follows every job bar of a page (`_macros/jobs.html`) and loads the page again when its job has ended. A bar with
 * `data-job-shows` names the element that is shown again meanwhile.
 */
import { get } from "lib/api.js";

const EVERY_MS = 2000;
const OPEN = ["QUEUED", "RUNNING"];

/** @param {HTMLElement} box @param {string} name @param {string} text */
function write(box, name, text) {
  const part = box.querySelector(`[data-job-${name}]`);
  if (part && part.textContent !== text) part.textContent = text;
}

/** What came of the job so far stands on the page itself: show it again. @param {string} id */
async function showAgain(id) {
  const answer = await fetch(window.location.href, { credentials: "same-origin" }).catch(() => null); // the bar still tells
  if (!answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
  if (fresh) document.getElementById(id)?.replaceWith(fresh);
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
    if (box.dataset.jobShows) await showAgain(box.dataset.jobShows);
  }
}

for (const box of document.querySelectorAll("[data-job]")) {
  if (box instanceof HTMLElement && OPEN.includes(box.dataset.jobState || "")) follow(box);
}
