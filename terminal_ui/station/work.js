// work: the packing station's one page: the queue on the left, the order on the table on the right. Exports:
// Station()
import { html } from "../core/view.js";
import { t } from "../core/i18n.js";
import { openOf } from "../core/lines.js";
import { Comes, Due, Elsewhere, Missed, OfferCard, OffDuty, Zone, heldOf, isOff, offeredOf } from "../core/parts.js";
import { Button, Icon } from "../core/ui.js";
import { Order } from "./order.js";
import { Problem } from "./problem.js";
import { zonesOf } from "./reduce.js";
import { shelved } from "./seal.js";
import { active, choose, isQueueOpen, problemLine } from "./state.js";

function QueueRow({ ticket }) {
  const isActive = active.value?.id === ticket.id;
  const done = ticket.lines.filter((line) => openOf(line) <= 0).length;
  return html`<li><button type="button" class="queue-row" aria-current=${isActive ? "true" : undefined}
      onClick=${() => choose(ticket.id)}>
    <span class="queue-order">${ticket.short_no}</span><${Due} at=${ticket.due_at} />
    <span class="queue-facts">${t("queue.lines", { done, n: ticket.lines.length })}
      ${zonesOf(ticket).map((zone) => html`<${Zone} key=${zone} zone=${zone} />`)}</span></button></li>`;
}

function OfferOfTotes({ offer }) {
  const totes = offer.ticket.totes;
  return html`<${OfferCard} offer=${offer} hint=${t("queue.offer_hint")}>
    <p>${t("queue.offer_facts", { n: offer.ticket.lines.length, totes: totes.length })}</p>
    <ul class="totes">${totes.map((tote) => html`<li key=${tote.code}><${Icon} name="tote" />${tote.code}
      ${tote.place && html`<b>${tote.place}</b>`}</li>`)}</ul><//>`;
}

function Queue() {
  const offered = offeredOf("packing"), held = heldOf("packing");
  return html`<aside class="queue" aria-label=${t("queue.title")}>
    ${shelved.value && html`<${Shelved} />`}
    <h1>${t("queue.title")}</h1>
    ${offered.map((offer) => html`<${OfferOfTotes} key=${offer.id} offer=${offer} />`)}
    ${held.length > 0 && html`<ul class="queue-list">${held.map((ticket) =>
      html`<${QueueRow} key=${ticket.id} ticket=${ticket} />`)}</ul>`}
    ${held.length + offered.length === 0 && html`<${Comes} lead="queue.empty" />`}
    ${held.length === 0 && html`<${Missed} />`}<${Elsewhere} stage="packing" /></aside>`;
}

function Waiting() {
  const isOffered = offeredOf("packing").length > 0;
  return html`<section class="order waiting"><div class="centre"><${Icon} name="scan" />
    <h1 class="greeting">${t(isOffered ? "waiting.offered" : "waiting.title")}</h1>
    <${Comes} lead=${isOffered ? "queue.offer_hint" : "waiting.lead"} /></div></section>`;
}

function Shelved() {
  const { short_no: order, bags } = shelved.value;
  return html`<section class="shelved" role="status"><h2>${t("shelved.title", { order })}</h2>
    <ul>${bags.map((bag) => html`<li key=${bag.n}><b>${t("bag.title", { n: bag.n })}</b>
      <${Zone} zone=${bag.temperature} /><strong>${bag.place ?? t("shelved.anywhere")}</strong></li>`)}</ul>
    <${Button} command="READ" onClick=${() => { shelved.value = null; }}>${t("shelved.done")}<//></section>`;
}

export function Station() {
  const ticket = active.value;
  if (!ticket && isOff()) return html`<${OffDuty} />`;
  const line = ticket?.lines.find((one) => one.id === problemLine.value);
  if (line) return html`<${Problem} ticket=${ticket} line=${line} />`;
  const isOffered = offeredOf("packing").length > 0;
  const isQueueFirst = isQueueOpen.value || shelved.value || isOffered;
  return html`<main class="station ${isQueueFirst ? "queue-first" : ""}">
    <${Queue} />${ticket ? html`<${Order} ticket=${ticket} />` : html`<${Waiting} />`}
    ${ticket && isQueueFirst && html`<div class="actions to-order"><${Button} kind=${isOffered ? "plain"
      : "primary"} command="BACK"
      onClick=${() => choose(ticket.id)}>${t("queue.to_order",
        { order: ticket.short_no })}<//></div>`}</main>`;
}
