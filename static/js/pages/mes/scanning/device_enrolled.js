// @ts-check
/** Keep the device's key beside the cookie: a browser that clears its cookies still knows where it stands. A badge scanned here begins. */
import { changePerson } from "lib/badge.js";
import { onScan } from "lib/scanner.js";

const enrolled = document.getElementById("enrolled");
if (enrolled) window.localStorage.setItem("mortise_device", enrolled.dataset.key || "");
onScan(changePerson);
