// floor: the shop at one glance: stages, tickets with the late first, what needs a decision, who does what.
// Exports: Floor()
import { call, session } from "../core/api.js";
import { t, say } from "../core/i18n.js";
import { quantity } from "../core/format.js";
import { money } from "../core/money.js";
import { html, useSignal } from "../core/view.js";
import { Panel, Press, Refusal, Text, age } from "../desk/parts.js";
import { Seen, Slack } from "./parts.js";
import { attempt, board, chosen, held, lookAtHeld, personName, stage } from "./state.js";

const STAGES = ["picking", "packing", "handoff", "delivery"];
const WAITING = ["queued", "offered"], IN_HAND = ["accepted", "working"];
const CURRENCY = /^[A-Z]{3}$/;
const MAY_RESOLVE = ["operator", "admin"];
const ROLES_ON_FLOOR = ["picker", "packer", "counter", "rider"];

const sum = (counts, states) => states.reduce((total, state) => total + (counts?.[state] ?? 0), 0);

export const open = (ticket) => {
  chosen.value = { ticketId: ticket.id, fulfilmentId: ticket.fulfilment_id, orderNo: ticket.order_no };
};

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

function Who({ ticket }) {
  if (ticket.carrier) return t(`carrier.${ticket.carrier}`);
  if (!ticket.assignee) return html`<span class=${ticket.unassigned ? "slack late" : "quiet"}>
    ${t(ticket.unassigned ? "who.nobody" : `state.${ticket.state}`)}</span>`;
  const contact = ticket.holder_contact;
  return html`${personName(ticket.assignee)}${contact && contact !== "here" && html` <span class="slack risk">
    ${t(`contact.${contact}`)}</span>`}`;
}

function Row({ ticket }) {
  const isChosen = chosen.value?.ticketId === ticket.id;
  const kind = ticket.kind === "put_back" ? "kind.put_back" : `stage.${ticket.stage}`;
  return html`<tr class=${ticket.late ? "late" : ticket.at_risk ? "risk" : ""} data-ticket=${ticket.id}>
    <th scope="row"><button type="button" class="row-open" aria-expanded=${isChosen}
      onClick=${() => open(ticket)}>${ticket.short_no}<span class="unseen"> ${t("row.open")}</span></button>
      ${ticket.priority > 0 && html` <span class="tag">${t("row.priority", { n: ticket.priority })}</span>`}
      ${ticket.holds.length > 0 && html` <span class="tag held">${t("row.held")}</span>`}</th>
    <td data-label=${t("col.stage")}>${t(kind)}</td>
    <td data-label=${t("col.zone")}>${t(`zone.${ticket.zone}`)}</td>
    <td data-label=${t("col.due")}><${Slack} ticket=${ticket} /></td>
    <td data-label=${t("col.lines")} class="number">${ticket.line_count}</td>
    <td data-label=${t("col.who")}><${Who} ticket=${ticket} /></td></tr>`;
}

/** Arrow keys walk the table, as in a list. */
function walk(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || !event.target.matches(".row-open")) return;
  event.preventDefault();
  const rows = [...event.currentTarget.querySelectorAll(".row-open")];
  rows[rows.indexOf(event.target) + by]?.focus();
}

function Tickets() {
  const shown = board.value.tickets.filter((one) => !stage.value || one.stage === stage.value);
  const columns = ["order", "stage", "zone", "due", "lines", "who"];
  return html`<${Panel} title=${t("tickets.title")} count=${shown.length}>
    ${shown.length === 0 ? html`<p class="quiet">${t("tickets.none")}</p>` : html`<div class="scroll"
      tabindex="0"
      role="region" aria-label=${t("tickets.title")}><table class="tickets" onKeyDown=${walk}>
      <thead><tr>${columns.map((name) => html`<th scope="col" key=${name}>${t(`col.${name}`)}</th>`)}</tr>
        </thead>
      <tbody>${shown.map((ticket) => html`<${Row} key=${ticket.id} ticket=${ticket} />`)}</tbody></table>
        </div>`}<//>`;
}

function exceptionText(one) {
  const order = one.order_no?.slice(-4);
  const args = { ...one, order, person: personName(one.person), n: one.tried ?? one.quantity };
  if (one.kind === "held") args.reason = one.holds.map(({ reason }) => reason).join(", ");
  if (one.kind === "shortage_undecided") args.quantity = quantity(one.quantity, "each");
  return t(`exception.${one.kind}`, args);
}

function heldText(one) {
  const isMoney = one.amount != null && CURRENCY.test(one.currency ?? "");
  return t(`exception.${one.kind}`, { ...one, order: one.order_no?.slice(-4) ?? "", age: age(one.age_seconds),
    amount: isMoney ? money(one.amount, one.currency) : one.amount ?? "?", why: t(`held.${one.reason}`) });
}

/** Whoever has looked into a held payment says what came of it; then it leaves the list. */
function Resolve({ notice }) {
  const note = useSignal(""), isOpen = useSignal(false);
  const resolve = (event) => {
    event.preventDefault();
    return attempt(async () => {
      await call("POST", `/payments/notices/${notice.id}/resolve`, { note: note.value.trim() });
      await lookAtHeld();
    });
  };
  if (!isOpen.value) return html`<${Press} kind="small" onClick=${() => { isOpen.value = true; }}>
    ${t("notice.resolve")}<//>`;
  return html`<form class="together" onSubmit=${resolve}><${Text} label=${t("notice.note")} value=${note}
    name="note" maxlength="500" required /><button type="submit" class="press">${t("notice.go")}</button>
    </form><${Refusal} />`;
}

/** A task that gave up gets another life; the server writes down who gave it. */
function Retry({ task }) {
  const isTried = useSignal(false);
  const retry = () => {
    isTried.value = true;
    return attempt(async () => {
      await call("POST", `/tasks/${task.id}/retry`);
      await lookAtHeld();
    });
  };
  return html`<${Press} kind="small" onClick=${retry}>${t("task.retry")}<//>
    ${isTried.value && html`<${Refusal} />`}`;
}

function Exceptions() {
  const { exceptions, tickets } = board.value, count = exceptions.length + held.value.length;
  const mayResolve = session.value.roles.some((role) => MAY_RESOLVE.includes(role));
  // What belongs to no shop is an administrator's to try again.
  const mayRetry = (task) => session.value.roles.includes("admin")
    || (task.store_id && session.value.roles.includes("supervisor"));
  return html`<${Panel} title=${t("exceptions.title")} count=${count}>
    ${count === 0 ? html`<p class="quiet">${t("exceptions.none")}</p>` : html`<ul
      class="exceptions">
      ${held.value.map((one) => html`<li key=${one.kind + one.id} class=${one.kind}><span>
        ${heldText(one)}</span>${one.kind === "payment_notice" && mayResolve
          && html`<${Resolve} notice=${one} />`}${one.kind === "dead_task" && mayRetry(one)
          && html`<${Retry} task=${one} />`}</li>`)}
      ${exceptions.map((one, n) => {
        const ticket = tickets.find(({ id }) => id === one.ticket_id);
        return html`<li key=${n} class=${one.kind}><span>${exceptionText(one)}</span>${ticket && html`<button
          type="button" class="press small"
            onClick=${() => open(ticket)}>${t("exceptions.look")}</button>`}</li>`;
      })}</ul>`}<//>`;
}

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
      ${person.paused && html` · ${t("person.paused")}`}</span></div>
    ${tickets.length > 0 && html`<div class="person-work">${tickets.map((ticket) => html`<button type="button"
      class="press small" key=${ticket.id} onClick=${() => open(ticket)}>${t(`stage.${ticket.stage}`)}
      ${" "}${ticket.short_no}</button>`)}</div>`}</li>`;
}

function People() {
  const here = board.value.people.filter((person) => !person.disabled
    && (person.shift !== "off" || person.tickets.length > 0)
    && person.roles.some((role) => ROLES_ON_FLOOR.includes(role)));
  return html`<${Panel} title=${t("people.on_duty")} count=${here.length}>
    ${here.length === 0 ? html`<p class="quiet">${t("people.nobody")}</p>` : html`<ul class="people">
      ${here.map((person) => html`<${Person} key=${person.id} person=${person} />`)}</ul>`}<//>`;
}

export function Floor() {
  return html`<div class="stages" role="group" aria-label=${t("stages.title")}>
      ${STAGES.map((name) => html`<${Stage} key=${name} name=${name} />`)}</div>
    <div class="columns floor"><${Tickets} /><div class="aside"><${Exceptions} /><${People} /></div></div>`;
}
