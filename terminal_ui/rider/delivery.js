// delivery: one delivery, from the counter to the customer's door. Exports: Delivery({ticket})
import { html } from "../core/view.js";
import { say, t } from "../core/i18n.js";
import { Due, Zone, heldOf } from "../core/parts.js";
import { Button, Icon, Screen } from "../core/ui.js";
import { clockTime, countdown } from "../core/format.js";
import { secondsUntil } from "../core/clock.js";
import { CALLS, isWithRider } from "./reduce.js";
import { bring, called, close, collect, report, sheet } from "./state.js";

function Bags({ ticket }) {
  const isWaiting = !isWithRider(ticket);
  if (ticket.ready_at) return html`<p class="note">${t("bag.soon", { at: clockTime(ticket.ready_at) })}</p>`;
  return html`<section aria-label=${t("bag.all")}><h2>${t("bag.count", { n: ticket.bags.length })}</h2>
    <ul class="bags">${ticket.bags.map((bag) => html`<li key=${bag.code}>
      <b>${t("bag.of", { n: bag.n, total: ticket.bags.length })}</b><${Zone} zone=${bag.temperature} />
      ${isWaiting && bag.place && html`<strong>${bag.place}</strong>`}</li>`)}</ul></section>`;
}

function Goods({ ticket }) {
  return html`<section aria-label=${t("fetch.goods")}><h2>${t("fetch.goods")}</h2>
    <ul class="bags">${ticket.lines.map((line) => html`<li key=${line.id}><b>${say(line.name)}</b>
      <strong>${line.collected || line.quantity}${line.unit === "g" ? " g" : ""}</strong></li>`)}</ul></section>`;
}

function mapAddress({ lat, lng }, address) {
  return `geo:${lat},${lng}?q=${lat},${lng}(${encodeURIComponent(address)})`;
}

function Customer({ ticket }) {
  const { contact, address, note } = ticket;
  if (!contact) return null;
  const onCall = ticket.legal.includes("call") ? () => called(ticket) : undefined;
  const hasPlace = Number.isFinite(contact.lat) && Number.isFinite(contact.lng);
  return html`<section class="customer" aria-label=${t("customer.title")}><p class="address">${address}</p>
    <p class="customer-name">${contact.name}</p>
    ${note && html`<p class="note"><b>${t("customer.note")}</b> ${note}</p>`}
    <p class="customer-links">${contact.phone && html`<a class="button plain" href=${`tel:${contact.phone}`}
        onClick=${onCall}>
        <${PhoneIcon} /><span>${t("customer.call")}</span></a>`}
      ${hasPlace && html`<a class="button plain" href=${mapAddress(contact, address)}><${Icon} name="pin" />
        <span>${t("customer.map")}</span></a>`}</p></section>`;
}

/** Who is not there is called twice and waited for, before the goods may go back. */
function Calls({ ticket }) {
  const { calls = [], absent_from: from } = ticket;
  if (!calls.length || !ticket.legal.includes("call")) return null;
  const left = secondsUntil(from);
  return html`<p class="note calls" role="status"><b>${t("calls.made", { n: calls.length, of: CALLS,
    at: calls.map(clockTime).join(", ") })}</b> ${left > 0 ? t("calls.wait", { left: countdown(left) })
    : calls.length < CALLS ? t("calls.again") : t("calls.over")}</p>`;
}

function PhoneIcon() {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path fill="none"
    stroke="currentColor" stroke-width="2.3" stroke-linejoin="round"
    d="M5 3h4l2 5-3 2a12 12 0 0 0 6 6l2-3 5 2v4a2 2 0 0 1-2 2A17 17 0 0 1 3 5a2 2 0 0 1 2-2z" /></svg>`;
}

const toCounter = async (ticket) => {
  sheet.value = "badge";
  await report(ticket, "arrived");
};

function Fetching({ ticket }) {
  if (ticket.legal.includes("bring")) {
    return html`<${Button} kind="primary" command="BRING" onClick=${() => bring(ticket)}>${t("fetch.bring")}<//>`;
  }
  return html`<${Button} command="NOTHING" onClick=${() => collect(ticket, false)}>${t("fetch.nothing")}<//>
    <${Button} kind="primary" command="COLLECT" onClick=${() => collect(ticket, true)}>${t("fetch.collect")}<//>`;
}

function Actions({ ticket }) {
  const state = ticket.delivery_state;
  if (ticket.kind === "return" && !ticket.delivering) return html`<${Fetching} ticket=${ticket} />`;
  if (ticket.delivering) return html`<p class="why" role="status">${t("deliver.waiting")}</p>`;
  if (!isWithRider(ticket)) {
    return html`${ticket.next_milestones.includes("arriving") && html`<${Button} command="ARRIVING"
        onClick=${() => report(ticket, "arriving")}>${t("act.arriving")}<//>`}
      <${Button} kind="primary" command="ARRIVED" onClick=${() =>
        toCounter(ticket)}>${t("act.at_counter")}<//>`;
  }
  if (state === "returning") {
    return html`<${Button} command="DELIVER"
      onClick=${() => { sheet.value = "pin"; }}>${t("act.deliver_after_all")}<//>
      <${Button} kind="primary" command="RETURNED" onClick=${() => report(ticket,
        "returned")}>${t("act.returned")}<//>`;
  }
  const isAtDoor = state === "arrived_at_customer";
  return html`<${Button} command="RETURN" onClick=${() => { sheet.value = "return"; }}>${t("act.return")}<//>
    ${isAtDoor && ticket.bags.length > 1 && ticket.legal.includes("refuse") && html`<${Button} command="REFUSE"
      onClick=${() => { sheet.value = "refuse"; }}>${t("act.refuse")}<//>`}
    ${!isAtDoor && html`<${Button} command="DELIVER"
      onClick=${() => { sheet.value = "pin"; }}>${t("act.deliver")}<//>`}
    ${isAtDoor ? html`<${Button} kind="primary" command="DELIVER"
      onClick=${() => { sheet.value = "pin"; }}>${t("act.deliver")}<//>`
      : html`<${Button} kind="primary" command="ARRIVED" onClick=${() => report(ticket,
        "arrived_at_customer")}>
        ${t("act.at_customer")}<//>`}`;
}

export function Delivery({ ticket }) {
  const hasOthers = heldOf("delivery").length > 1;
  return html`<${Screen} title=${t("order.title", { order: ticket.short_no })} back=${hasOthers ? close
    : null}
      class="screen delivery" data-ticket=${ticket.id} actions=${html`<${Actions} ticket=${ticket} />`}>
    <p class="step ${isWithRider(ticket) ? "moving" : ""}"><b>${t(`step.${ticket.delivery_state}`)}</b>
      <${Due} at=${ticket.due_at} /></p>
    ${ticket.delivery_state === "returning" && html`<p class="note">${t("return.lead")}</p>`}
    ${ticket.recalled && html`<p class="note" role="alert">${t("recalled.lead")}</p>`}
    ${ticket.refused && html`<p class="note">${t("refuse.done", { n: ticket.refused.bags.length })}</p>`}
    <${Calls} ticket=${ticket} /><${Customer} ticket=${ticket} />
    ${ticket.kind === "return" ? html`<${Goods} ticket=${ticket} />`
      : html`<${Bags} ticket=${ticket} />`}<//>`;
}
