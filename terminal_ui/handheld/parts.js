// parts: what several of the picker's screens show.
// Exports: Slot({ticket, big?}), headline(ticket), Head({ticket}), Goods({line}), Amount({now, all, unit})
import { html } from "../core/view.js";
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { Due } from "../core/parts.js";
import { Button, Icon } from "../core/ui.js";
import { sheet, together } from "./state.js";

const COLOURS = 6;

/** In a tour each order has a slot of the cart: a number in a colour. */
export function Slot({ ticket, big = false }) {
  if (!ticket.tour) return null;
  const { sequence } = ticket.tour;
  return html`<span class="slot ${big ? "big" : ""} colour-${(sequence - 1) % COLOURS}"><span class="unseen">${
    t("tour.slot")} </span>${sequence}</span>`;
}

export const headline = (ticket) => together.value.length > 1 ? t("tour.title", { n: together.value.length })
  : t("order.title", { order: ticket.short_no });

export function Head({ ticket }) {
  const lines = together.value.flatMap((one) => one.lines);
  const done = lines.filter((line) => line.state !== "todo").length;
  return html`<header class="ticket-head"><h1>${headline(ticket)}</h1>
    <span class="ticket-step">${t("line.step", { n: Math.min(done + 1, lines.length), all: lines.length })}</span>
    <${Due} at=${together.value[0].due_at} />
    <${Button} class="icon-only" command="LIST" aria-label=${t("list.title")}
      onClick=${() => { sheet.value = "list"; }}><${Icon} name="list" /><//></header>`;
}

/** What the customer noted on the order: whole while there is time to read, `brief` beside a line. */
export function Note({ ticket, brief = false }) {
  return ticket.note && html`<p class="note ${brief ? "brief" : ""}" tabindex=${brief ? undefined : 0}><b>${
    t("order.note")}</b> ${ticket.note}</p>`;
}

export function Goods({ line }) {
  return html`<div class="goods">${line.picture
      ? html`<img src=${line.picture} alt="" width="96" height="96" />`
      : html`<span class="no-picture" aria-hidden="true"></span>`}
    <div><h2 class="goods-name">${say(line.name)}</h2><p class="goods-pack">${line.pack}</p></div>
    <${Button} class="icon-only" command="TYPE" aria-label=${t("type.instead")}
      onClick=${() => { sheet.value = "type"; }}><${Icon} name="keyboard" /><//></div>`;
}

export function Amount({ now, all, unit }) {
  return html`<p class="amount ${unit === "g" ? "weighed" : ""}"><b>${quantity(now, unit)}</b>
    <span>/ ${quantity(all, unit)}</span></p>`;
}
