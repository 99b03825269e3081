import { startShell } from "../core/shell.js";
import { reduce } from "./reduce.js";
import { onScan } from "./scan.js";
import { Picker } from "./work.js";

startShell({ folder: "handheld", reduce, Work: Picker, onScan });
