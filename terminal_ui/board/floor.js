// floor: the shop at one glance: stages, tickets with the late first, what needs a decision, who does what.
// Exports: Floor()
import { t } from "../core/i18n.js";
import { html } from "../core/view.js";
import { Bulk } from "./bulk.js";
import { Crew } from "./crew.js";
import { Exceptions, Warnings } from "./exceptions.js";
import { board, stage } from "./state.js";
import { Tickets } from "./tickets.js";

const STAGES = ["picking", "prep", "packing", "handoff", "delivery"];
const WAITING = ["queued", "offered"], IN_HAND = ["accepted", "working"];

const sum = (counts, states) => states.reduce((total, state) => total + (counts?.[state] ?? 0), 0);

function Stage({ name }) {
  const counts = board.value.counts[name], mine = board.value.tickets.filter((one) => one.stage === name);
  const late = mine.filter((one) => one.late).length;
  const risky = mine.filter((one) => one.at_risk && !one.late).length;
  return html`<button type="button" class="stage" aria-pressed=${stage.value === name}
      onClick=${() => { stage.value = stage.value === name ? "" : name; }}>
    <span class="stage-name">${t(`stage.${name}`)}</span>
    <span class="stage-figures"><b>${sum(counts, WAITING)}</b> ${t("stage.waiting")}
      <b>${sum(counts, IN_HAND)}</b> ${t("stage.in_hand")}</span>
    <span class="stage-risk ${late ? "late" : risky ? "risk" : ""}">${late > 0 && t("stage.late",
      { n: late })}
      ${late > 0 && risky > 0 && " · "}${risky > 0 && t("stage.risk", { n: risky })}
      ${!late && !risky && t("stage.fine")}</span></button>`;
}

export function Floor() {
  return html`<div class="stages" role="group" aria-label=${t("stages.title")}>
      ${STAGES.map((name) => html`<${Stage} key=${name} name=${name} />`)}</div>
    <${Bulk} /><div class="columns floor"><${Tickets} />
      <div class="aside"><${Exceptions} /><${Warnings} /><${Crew} /></div></div>`;
}
