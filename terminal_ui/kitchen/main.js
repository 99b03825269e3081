import { followLabels } from "../core/labels.js";
import { startShell } from "../core/shell.js";
import { reduce } from "./reduce.js";
import { begun, onScan } from "./state.js";
import { Kitchen } from "./work.js";

startShell({ folder: "kitchen", reduce, Work: Kitchen, onScan });
followLabels(() => begun().map((ticket) => ticket.label));
