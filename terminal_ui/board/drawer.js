// drawer: one order: its ticket, what the supervisor may do with it, and everything that happened.
// Exports: Drawer(), close()
import { call } from "../core/api.js";
import { clockTime } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { effect, html, useEffect, useLayoutEffect, useRef, useSignal } from "../core/view.js";
import { Press, Refusal, Text, explain, known, refusal } from "../desk/parts.js";
import { Timeline } from "../desk/timeline.js";
import { Slack, workOf } from "./parts.js";
import { ROLE_OF, attempt, board, chosen, floorNow, mayLead, personName } from "./state.js";

const PRIORITIES = [0, 3, 6, 9];

export function close() {
  const id = chosen.peek()?.ticketId;
  chosen.value = null;
  refusal.value = "";
  // The ticket may have ended meanwhile: then the list's first one, rather than nowhere.
  const first = document.querySelector(".row-open");
  (document.querySelector(`[data-ticket="${id}"] .row-open`) ?? first)?.focus();
}

const act = (ticket, verb, body) => attempt(() => call("POST", `/dispatch/tickets/${ticket.id}/${verb}`,
  body));

function Reassign({ ticket }) {
  const to = useSignal(""), sure = useSignal(false);
  const isHeld = ["accepted", "working"].includes(ticket.state);
  const able = board.value.people.filter((person) => person.shift === "available" && person.contact === "here"
    && person.id !== ticket.assignee && person.roles.some((role) => ROLE_OF[ticket.stage].includes(role)));
  const go = async () => {
    if (isHeld && !sure.value) { sure.value = true; return; }
    await act(ticket, "reassign", { person_id: to.value || null, confirm: sure.value });
    sure.value = false;
  };
  return html`<fieldset><legend>${t("reassign.title")}</legend><div class="together">
    <select aria-label=${t("reassign.to")} onChange=${(event) => { to.value = event.currentTarget.value; }}>
      <option value="">${t("reassign.plan")}</option>
      ${able.map((person) => html`<option value=${person.id}
        key=${person.id}>${say(person.names)}</option>`)}</select>
    ${!sure.value && html`<${Press} onClick=${go}>${t("reassign.go")}<//>`}</div>
    ${sure.value && html`<p>${t("reassign.sure", { name: personName(ticket.assignee) })}</p>
      <div class="together">
      <${Press} onClick=${() => { sure.value = false; }}>${t("reassign.keep")}<//>
      <${Press} kind="danger" onClick=${go}>${t("reassign.take")}<//></div>`}</fieldset>`;
}

function Priority({ ticket }) {
  return html`<fieldset><legend>${t("priority.title")}</legend><div class="together">
    ${PRIORITIES.map((value) => html`<${Press} key=${value} aria-pressed=${ticket.priority === value}
      onClick=${() => act(ticket, "priority", { priority: value })}>${t(`priority.${value}`)}<//>`)}</div>
        </fieldset>`;
}

function Holds({ ticket }) {
  const reason = useSignal("");
  const hold = async (event) => {
    event.preventDefault();
    if (await act(ticket, "hold", { reason: reason.value.trim() })) reason.value = "";
  };
  return html`<fieldset><legend>${t("hold.title")}</legend>
    ${ticket.holds.map((one) => html`<div class="together" key=${one.id}>
      <span class="grow">${one.reason}</span>
      <${Press} onClick=${() => act(ticket, "unhold", { hold_id: one.id })}>${t("hold.release")}<//></div>`)}
    <form class="together" onSubmit=${hold}><${Text} label=${t("hold.reason")} value=${reason} name="reason"
      maxlength="200" required /><button type="submit" class="press">${t("hold.go")}</button></form>
        </fieldset>`;
}

const lackingOf = (ticket) => floorNow.value.warnings.filter(({ lines }) =>
  lines.some((line) => line.ticket_id === ticket.id));

/** Who rides with it, or when somebody will be asked. */
function Rider({ ticket }) {
  const ride = board.value.tickets.find((one) => one.fulfilment_id === ticket.fulfilment_id
    && one.stage === "delivery" && one.kind === "work");
  const words = (key, args) => html`<p class="quiet">${t(key, args)}</p>`;
  if (ticket.rider_at) return words("drawer.rider_at", { at: clockTime(ticket.rider_at) });
  if (!ride?.assignee || ride === ticket) return null;
  return words("drawer.rider", { name: personName(ride.assignee) });
}

function Acts({ ticket }) {
  return html`<p><${Slack} ticket=${ticket} /></p>
    <p class="quiet">${workOf(ticket)} · ${t(`zone.${ticket.zone}`)} ·
      ${" "}${t("ticket.lines", { n: ticket.line_count })} · ${t(`state.${ticket.state}`)}
      ${ticket.assignee && html` · ${personName(ticket.assignee)}`}</p>
    <${Rider} ticket=${ticket} />
    ${lackingOf(ticket).map((one) => html`<p class="refusal" key=${one.sku}>${t("drawer.warned",
      { goods: say(one.names) })}</p>`)}
    <${Refusal} />
    ${!ticket.carrier && mayLead() && html`<${Reassign} key=${`r${ticket.id}`} ticket=${ticket} />
      <${Priority} ticket=${ticket} /><${Holds} key=${`h${ticket.id}`} ticket=${ticket} />`}`;
}

export function Drawer() {
  const { ticketId, fulfilmentId, orderNo } = chosen.value;
  const events = useSignal(null), failed = useSignal(""), heading = useRef(null);
  const ticket = board.value.tickets.find(({ id }) => id === ticketId);
  useLayoutEffect(() => { heading.current?.focus(); }, [orderNo, ticketId]);
  useEffect(() => effect(() => {
    // Every fresh snapshot may mean a new step of this order.
    if (!board.value) return;
    call("GET", `/dispatch/fulfilments/${fulfilmentId}/timeline`).then((answer) => { events.value = answer; },
      (error) => { failed.value = explain(error); });
  }), [fulfilmentId]);
  return html`<aside class="drawer" aria-label=${t("drawer.title", { order: orderNo })}
      onKeyDown=${(event) => { if (event.key === "Escape") close(); }}>
    <header><h2 tabindex="-1" ref=${heading}>${t("drawer.title", { order: orderNo })}</h2>
      <${Press} onClick=${close}>${t("drawer.close")}<//></header>
    ${ticket ? html`<${Acts} ticket=${ticket} />` : ticketId && html`<p
      class="quiet">${t("drawer.over")}</p>`}
    <h3>${t("timeline.title")}</h3>
    ${events.value && html`<p class="quiet">${known(`fulfilment.${events.value.state}`,
      events.value.state)}</p>
      <${Timeline} events=${events.value.events} nameOf=${personName} />`}
    ${failed.value && html`<p class="refusal" role="alert">${failed.value}</p>`}</aside>`;
}
