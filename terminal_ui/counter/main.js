import { startShell } from "../core/shell.js";
import { followCancels } from "./recall.js";
import { reduce } from "./reduce.js";
import { onScan } from "./scan.js";
import { followSession } from "./state.js";
import { Counter } from "./work.js";

startShell({ folder: "counter", reduce, Work: Counter, onScan });
followCancels();
followSession();
