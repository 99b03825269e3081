// crew: who is on the floor, what they did last and what they have in hand. Exports: Crew()
import { clockTime } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { html } from "../core/view.js";
import { Panel, known } from "../desk/parts.js";
import { Seen, workOf } from "./parts.js";
import { board, open } from "./state.js";

const ROLES_ON_FLOOR = ["picker", "cook", "packer", "counter", "rider"];

function Person({ person }) {
  const tickets = board.value.tickets.filter(({ id }) => person.tickets.includes(id));
  const isAway = person.shift === "available" && person.contact !== "here";
  return html`<li class="person ${person.shift} ${isAway ? "away" : ""}">
    <div class="person-who"><b>${say(person.names)}</b>
      <span class="quiet">${person.roles.map((role) => t(`role.${role}`)).join(" · ")}</span></div>
    <div class="person-state"><span class="duty">${t(isAway ? `contact.${person.contact}`
      : `shift.${person.shift}`)}</span>
      <span class="quiet"><${Seen} person=${person} />
      ${person.battery != null && html` · ${t("person.battery", { n: person.battery })}`}
      ${person.queued > 0 && html` · ${t("person.queued", { n: person.queued })}`}
      ${person.paused && html` · ${t("person.paused")}`}</span>
      ${person.last_op && html`<span class="quiet">${t("person.last_op", { at: clockTime(person.last_op.at),
        what: known(`op.${person.last_op.type}`, person.last_op.type) })}</span>`}</div>
    ${tickets.length > 0 && html`<div class="person-work">${tickets.map((ticket) => html`<button type="button"
      class="press small" key=${ticket.id} onClick=${() => open(ticket)}>${workOf(ticket)}
      ${" "}${ticket.short_no}</button>`)}</div>`}</li>`;
}

export function Crew() {
  const here = board.value.people.filter((person) => !person.disabled
    && (person.shift !== "off" || person.tickets.length > 0)
    && person.roles.some((role) => ROLES_ON_FLOOR.includes(role)));
  return html`<${Panel} title=${t("people.on_duty")} count=${here.length}>
    ${here.length === 0 ? html`<p class="quiet">${t("people.nobody")}</p>` : html`<ul class="people">
      ${here.map((person) => html`<${Person} key=${person.id} person=${person} />`)}</ul>`}<//>`;
}
