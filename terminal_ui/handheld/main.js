import { startShell } from "../core/shell.js";
import { html } from "../core/view.js";
import { reduce } from "./reduce.js";
startShell({ folder: "handheld", reduce, Work: () => html`<main>work</main>`, onScan: async () => {} });
