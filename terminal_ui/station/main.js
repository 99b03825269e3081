import { startShell } from "../core/shell.js";
import { followBags } from "./labels.js";
import { reduce } from "./reduce.js";
import { followAcceptance, onScan } from "./scan.js";
import { followSeals } from "./seal.js";
import { followRefusals } from "./state.js";
import { Station } from "./work.js";

startShell({ folder: "station", reduce, Work: Station, onScan });
followBags();
followAcceptance();
followRefusals();
followSeals();
