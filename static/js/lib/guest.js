// @ts-check
/** What a page does that a dealer opens by link: keeps what was chosen and typed, also when the language is switched; sends once. */
import { startForms } from "lib/forms.js";

startForms();
