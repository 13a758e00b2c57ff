// The ALTCHA widget of our own pages: its worker is a file of ours, because the policy allows nothing inline.
import "./altcha/altcha.js";
const worker = new URL("./altcha/pbkdf2.js", import.meta.url);
const named = document.querySelector("altcha-widget").dataset.worker;
globalThis.$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(named || worker));
