// @ts-check
/** The locked tablet: the next badge that is scanned goes into the form and is sent. */
import { onScan } from "lib/scanner.js";
import { neutral } from "lib/sound.js";

const form = document.querySelector("[data-badge-form]");
const field = form?.querySelector("[name=badge]");

onScan((code) => {
  if (!(form instanceof HTMLFormElement) || !(field instanceof HTMLInputElement)) return;
  field.value = code;
  form.requestSubmit();
}, neutral);
