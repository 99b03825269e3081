import { startShell } from "../core/shell.js";
import { reduce } from "./reduce.js";
import { followAnswers, onScan } from "./state.js";
import { Rider } from "./work.js";

startShell({ folder: "rider", reduce, Work: Rider, onScan });
followAnswers();
