// @ts-check
/**
 * Scanning with a camera, for those without a scanner: a photo is taken, the browser reads its code where it can, else the server does.
 * `<input type="file" accept="image/*" capture="environment" data-camera="address of the server's reader">` with `data-none` for its words.
 */
import { Refused, Unreachable, post } from "lib/api.js";
import { tell } from "lib/scanner.js";
import * as sound from "lib/sound.js";

const LONGEST_PX = 1600; // a code fills a third of a photo; more pixels only take longer to send
const QUALITY = 0.8;
const LIMIT_MS = 20_000;

/** @param {ImageBitmap} photo @returns {Promise<string>} "" when the browser cannot read it */
async function readHere(photo) {
  // @ts-ignore  (not in every browser)
  const Detector = window.BarcodeDetector;
  if (!Detector) return "";
  const found = await new Detector({ formats: ["qr_code", "code_128"] }).detect(photo).catch(() => []); // the server has another look
  return found.length ? found[0].rawValue : "";
}

/** @param {ImageBitmap} photo @returns {Promise<string>} base64 of a smaller JPEG */
async function smaller(photo) {
  const scale = Math.min(1, LONGEST_PX / Math.max(photo.width, photo.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(photo.width * scale);
  canvas.height = Math.round(photo.height * scale);
  canvas.getContext("2d")?.drawImage(photo, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", QUALITY).split(",")[1];
}

/** @param {HTMLInputElement} input */
async function take(input) {
  const file = input.files && input.files[0];
  if (!file) return;
  input.value = ""; // the same label may be photographed again
  const words = input.closest("form")?.querySelector("[data-camera-says]");
  if (words) words.textContent = "";
  try {
    const photo = await createImageBitmap(file);
    const code = (await readHere(photo)) || (await post(input.dataset.camera || "", { photo: await smaller(photo) }, { limitMs: LIMIT_MS })).code;
    tell(code);
    input.closest("details")?.removeAttribute("open");
  } catch (failure) {
    sound.bad();
    const away = failure instanceof Unreachable && input.dataset.away;
    if (words) words.textContent = away || (failure instanceof Refused && failure.message) || input.dataset.none || "";
  }
}

/** Listen to every camera field of the page. */
export function startCamera() {
  for (const input of document.querySelectorAll("input[data-camera]")) {
    input.addEventListener("change", () => take(/** @type {HTMLInputElement} */ (input)));
  }
}
