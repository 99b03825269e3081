// work: the rider's phone: an offer, the list of deliveries, or the one that is open. Exports: Rider()
import { html } from "../core/view.js";
import { t } from "../core/i18n.js";
import { Comes, Due, Elsewhere, Missed, OffDuty, OfferCard, Zone, heldOf, isOff, offeredOf } from "../core/parts.js";
import { Icon, Screen } from "../core/ui.js";
import { Delivery } from "./delivery.js";
import { isWithRider } from "./reduce.js";
import { Badge, PinPad, Refuse, Return } from "./sheets.js";
import { open, opened, sheet } from "./state.js";

const SHEETS = { badge: Badge, pin: PinPad, return: Return, refuse: Refuse };

const temperatures = (ticket) => [...new Set(ticket.bags.map((bag) => bag.temperature))];

function Offer({ offer }) {
  const { ticket } = offer;
  return html`<main class="screen"><div
    class="screen-body offer-page"><h1>${t("offer.page")}</h1><${OfferCard} offer=${offer}>
      ${ticket.kind === "return" && html`<p><b>${t("fetch.offer")}</b></p>`}
      <p>${t("bag.count", { n: ticket.bags.length })} · ${t("offer.weight",
        { kg: (ticket.grams / 1000).toFixed(1) })}</p>
      <p class="zones">${temperatures(ticket).map((zone) => html`<${Zone}
        key=${zone} zone=${zone} />`)}</p><//></div></main>`;
}

function Card({ ticket }) {
  return html`<li><button type="button" class="delivery-card" onClick=${() => open(ticket.id)}>
    <span class="delivery-order">${ticket.short_no}</span><${Due} at=${ticket.due_at} />
    <span class="delivery-step ${isWithRider(ticket) ? "moving"
      : ""}">${t(`step.${ticket.delivery_state}`)}</span>
    <span class="delivery-where">${ticket.address}</span></button></li>`;
}

function List() {
  return html`<${Screen} title=${t("list.title")}><ul class="deliveries">${heldOf("delivery").map((ticket) =>
    html`<${Card} key=${ticket.id} ticket=${ticket} />`)}</ul><${Elsewhere} stage="delivery" /><//>`;
}

function Waiting() {
  return html`<main class="screen"><div class="screen-body"><div class="centre"><${Icon} name="clock" />
    <h1 class="greeting">${t("waiting.title")}</h1><${Comes} lead="waiting.lead" /></div>
    <${Missed} /><${Elsewhere} stage="delivery" /></div></main>`;
}

export function Rider() {
  const [offer] = offeredOf("delivery");
  if (offer) return html`<${Offer} key=${offer.id} offer=${offer} />`;
  const ticket = opened.value;
  if (ticket) {
    const Sheet = SHEETS[sheet.value];
    return Sheet ? html`<${Sheet} key=${ticket.id} ticket=${ticket} />` : html`<${Delivery}
      ticket=${ticket} />`;
  }
  if (heldOf("delivery").length > 0) return html`<${List} />`;
  if (isOff()) return html`<${OffDuty} />`;
  return html`<${Waiting} />`;
}
