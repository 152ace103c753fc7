// @ts-check
/** The tablet beside a machine: a badge changes the person; the page looks again by itself, as the machine may tell its state. */
import { changePerson } from "lib/badge.js";
import { onScan } from "lib/scanner.js";
import * as sound from "lib/sound.js";

const LOOK_AGAIN_MS = 20000;

onScan((code) => {
  if (!changePerson(code)) sound.neutral();
}, sound.neutral);

window.setInterval(() => {
  if (document.visibilityState === "visible" && navigator.onLine) window.location.reload();
}, LOOK_AGAIN_MS);
