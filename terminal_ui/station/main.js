import { startShell } from "../core/shell.js";
import { followLabels } from "../core/labels.js";
import { heldOf } from "../core/parts.js";
import { reduce } from "./reduce.js";
import { followAcceptance, onScan } from "./scan.js";
import { followSeals } from "./seal.js";
import { followRefusals } from "./state.js";
import { Station } from "./work.js";

startShell({ folder: "station", reduce, Work: Station, onScan });
followLabels(() => heldOf("packing").flatMap((ticket) => ticket.bags).filter((bag) => bag.state === "open" && bag.code));
followAcceptance();
followRefusals();
followSeals();
