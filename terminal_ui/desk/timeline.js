// timeline: everything that happened to an order, oldest first.
// Exports: Timeline({events, nameOf}), actorName(actor, nameOf)
//   nameOf(personId) → who that is
import { session } from "../core/api.js";
import { say, t } from "../core/i18n.js";
import { money } from "../core/money.js";
import { html, useSignal } from "../core/view.js";
import { Press, known, when } from "./parts.js";

const MAIN = ["orders", "order_deliveries", "fulfilments", "tickets", "stockout_reports", "deliveries",
  "handovers", "cases", "decisions", "refunds", "arrivals", "returns", "tasks", "switches"];

export function actorName(actor, nameOf) {
  const [kind, id] = actor.split(":");
  return kind === "staff" ? nameOf(id) : known(`actor.${kind}`, kind);
}

/** What a ticket is for: its stage, or what else than the order's own work it is. */
const workOf = ({ stage, kind }) => kind && kind !== "work" ? t(`ticket.${kind}`) : stage && t(`stage.${stage}`);

/** What is said once, when it begins, is said with every later step of it, too. */
function subjects(events) {
  const begun = events.filter(({ event, detail }) => event === "create" && detail);
  return new Map(begun.map((one) => [`${one.entity}/${one.entity_id}`, one.detail]));
}

const ABOUT = {
  tickets: ({ zone, ...work }) => [workOf(work), zone && zone !== "all" && t(`zone.${zone}`)],
  cases: ({ kind }) => [known(`case.${kind}`, kind)],
  messages: ({ kind }) => [known(`message.${kind}`, kind)],
};

/** Channels of payment are named by configuration. */
const switchName = (name) => name.startsWith("pay_")
  ? known("switch.pay", name, { name: name.slice("pay_".length) }) : known(`switch.${name}`, name);

function detailText(event, begun) {
  const { place, code, tote, quantity, sku, amount, name, handler, said, outcome } = event.detail ?? {};
  const reasons = event.reason?.split(", ").map((one) => known(`reason.${one}`, one)).join(", ");
  const what = begun.get(`${event.entity}/${event.entity_id}`);
  return [...(what && ABOUT[event.entity]?.(what) || []), reasons, outcome && known(`outcome.${outcome}`,
    outcome), sku, quantity, code ?? tote, place,
  amount > 0 && money(amount, session.peek().store.currency), name && switchName(name),
  said ? say(said) : handler].filter(Boolean).join(" · ");
}

export function Timeline({ events, nameOf }) {
  const all = useSignal(false);
  const begun = subjects(events), shown = all.value ? events : events.filter(({ entity }) => MAIN.includes(entity));
  return html`<ol class="timeline">${shown.map((event, n) => html`<li key=${n}>
      <time datetime=${event.at}>${when(event.at)}</time>
      <span><b>${known(`entity.${event.entity}`, event.entity)}</b>
      ${" "}${known(`event.${event.event}`, event.event)}
      <span class="quiet"> ${[detailText(event, begun), actorName(event.actor, nameOf)].filter(Boolean)
        .join(" · ")}</span></span>
        </li>`)}</ol>
    <${Press} onClick=${() => { all.value = !all.value; }}>
      ${t(all.value ? "timeline.main" : "timeline.all", { n: events.length })}<//>`;
}
