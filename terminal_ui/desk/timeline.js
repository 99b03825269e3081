// timeline: everything that happened to an order, oldest first.
// Exports: Timeline({events, nameOf}), actorName(actor, nameOf)
//   nameOf(personId) → who that is
import { session } from "../core/api.js";
import { clockTime } from "../core/format.js";
import { t } from "../core/i18n.js";
import { money } from "../core/money.js";
import { html, useSignal } from "../core/view.js";
import { Press, known } from "./parts.js";

const MAIN = ["orders", "order_deliveries", "fulfilments", "tickets", "stockout_reports", "deliveries",
  "handovers", "cases", "decisions", "refunds", "arrivals"];

export function actorName(actor, nameOf) {
  const [kind, id] = actor.split(":");
  return kind === "staff" ? nameOf(id) : known(`actor.${kind}`, kind);
}

function detailText(event) {
  const { zone, stage, place, code, tote, quantity, sku, amount, name, handler } = event.detail ?? {};
  return [event.reason && known(`reason.${event.reason}`, event.reason), stage && t(`stage.${stage}`),
    zone && t(`zone.${zone}`), sku, quantity, code ?? tote, place,
    amount != null && money(amount, session.peek().store.currency), name ?? handler]
    .filter(Boolean).join(" · ");
}

export function Timeline({ events, nameOf }) {
  const all = useSignal(false);
  const shown = all.value ? events : events.filter(({ entity }) => MAIN.includes(entity));
  return html`<ol class="timeline">${shown.map((event, n) => html`<li key=${n}>
      <time datetime=${event.at}>${clockTime(event.at)}</time>
      <span><b>${known(`entity.${event.entity}`, event.entity)}</b>
      ${" "}${known(`event.${event.event}`, event.event)}
      <span class="quiet"> ${detailText(event)}${" "}${actorName(event.actor, nameOf)}</span></span>
        </li>`)}</ol>
    <${Press} onClick=${() => { all.value = !all.value; }}>
      ${t(all.value ? "timeline.main" : "timeline.all", { n: events.length })}<//>`;
}
