// orders: the orders of the rider who is here (or the one tapped): shelves, bags n/N, missing bags, release.
// Exports: Orders()
import { html, useEffect, useRef } from "../core/view.js";
import { countdown } from "../core/format.js";
import { t } from "../core/i18n.js";
import { online } from "../core/live.js";
import { Due, Zone } from "../core/parts.js";
import { Button, Icon } from "../core/ui.js";
import { act } from "../core/work.js";
import { isComplete, isTooWarm, leaving } from "./reduce.js";
import { countBag } from "./scan.js";
import { arrival, busy, mayDecide, refusal, release, riderLeaves, riderName, search, shown } from "./state.js";

const MARKS = { scanned: "right", missing: "alert", expected: "scan", left_out: "wrong" };

function Bag({ ticket, bag }) {
  const total = ticket.bags.length;
  return html`<li class="bag ${bag.state}" data-bag=${bag.code}>
    <span class="bag-n">${t("bag.of", { n: bag.n, total })}</span>
    <span class="bag-place">${bag.place ?? "–"}</span>
    <span class="bag-facts"><${Zone} zone=${bag.temperature} /><span class="bag-state"><${Icon}
      name=${MARKS[bag.state]} />
      ${t(`bag.state.${bag.state}`)}</span></span>
    ${isTooWarm(ticket, bag) ? html`<span class="bag-acts"><${Button} onClick=${() => act(ticket, "refuse",
      { code: bag.code })} aria-label=${t("bag.warm_label", { n: bag.n,
        order: ticket.short_no })}>${t("bag.warm")}<//></span>`
    : !["scanned", "left_out"].includes(bag.state) && html`<span class="bag-acts">
      <${Button} onClick=${() => countBag(ticket, bag)} aria-label=${t("bag.here_label", { n: bag.n,
        order: ticket.short_no })}>${t("bag.here")}<//>
      ${bag.state === "expected" && html`<${Button} onClick=${() => act(ticket, "bag_missing",
        { code: bag.code })}
        aria-label=${t("bag.missing_label", { n: bag.n,
          order: ticket.short_no })}>${t("bag.missing")}<//>`}</span>`}</li>`;
}

function Search({ ticket }) {
  const missing = ticket.bags.filter((bag) => bag.state === "missing").length;
  if (missing === 0) return null;
  const left = search(ticket);
  const isDecidable = left === 0 && (ticket.without_allowed || mayDecide());
  const isLost = missing === leaving(ticket).length;
  return html`<div class="search" role="status"><${Icon} name="alert" /><p><b>${left > 0
      ? t("missing.search", { n: missing, time: countdown(left) }) : t("missing.over", { n: missing })}</b>
      ${left === 0 && !isDecidable && html`<br />${t("missing.supervisor")}`}</p>
    ${isDecidable && html`<${Button} disabled=${busy.value || !online.value
      || (ticket.scanned === 0 && !isLost)} onClick=${() => release(ticket, { withoutMissing: true })}>
      ${t(isLost ? "missing.end" : "missing.without")}<//>`}</div>`;
}

function Cold({ ticket }) {
  return (ticket.cold ?? []).filter((clock) => clock.warning).map((clock) => html`<p class="cold"
    role="status" key=${clock.zone}>
    <${Icon} name="alert" /><span>${t(clock.over ? "cold.over" : "cold.warning", { zone: t(`zone.${clock.zone}`),
      n: Math.floor(clock.seconds / 60), limit: Math.floor(clock.limit / 60) })}</span></p>`);
}

/** The order whose bag was scanned last comes into view. */
function Order({ ticket }) {
  const place = useRef(null);
  useEffect(() => { if (ticket.scanned > 0) place.current.scrollIntoView({ block: "nearest" }); },
    [ticket.scanned]);
  return html`<section class="order" ref=${place} data-ticket=${ticket.id}><header><h2>${t("order.title",
    { order: ticket.short_no })}</h2>
      <${Due} at=${ticket.due_at} /><span class="order-count">${t("bag.of", { n: ticket.scanned,
        total: leaving(ticket).length })}</span>
    </header><${Cold} ticket=${ticket} /><${Search} ticket=${ticket} />
    <ul class="bags">${ticket.bags.map((bag) => html`<${Bag} key=${bag.code}
      ticket=${ticket} bag=${bag} />`)}</ul></section>`;
}

/** Orders of the rider which are not packed yet, or lie at a colleague's counter. */
function NotHere() {
  const held = new Set(shown.value.map((ticket) => ticket.id));
  const others = (arrival.value?.orders ?? []).filter((order) => !held.has(order.ticket_id));
  return others.map((order) => html`<p class="not-ready" key=${order.order_no}><b>${t("order.title",
    { order: order.short_no })}</b>${" "}
    ${t(order.ready ? "order.at_colleague" : "order.not_ready")}</p>`);
}

function Heading() {
  if (!arrival.value) return html`<h1>${t("order.waits_for_rider")}</h1>`;
  return html`<h1>${riderName(arrival.value)}</h1><p class="place-count">${t("rider.orders",
    { n: arrival.value.orders.length })}</p>`;
}

export function Orders() {
  const ready = shown.value.find(isComplete);
  const left = shown.value.reduce((sum, ticket) => sum + leaving(ticket).length - ticket.scanned, 0);
  const why = !online.value ? t("release.offline") : !arrival.value ? t("release.rider_first")
    : ready || shown.value.length === 0 ? "" : t("release.bags_left", { n: left });
  return html`<header class="place-head"><div><${Heading} /></div>
      <${Button} command="CANCEL" onClick=${riderLeaves}>${t("rider.leave")}<//></header>
    <div class="place-body">${shown.value.map((ticket) => html`<${Order} key=${ticket.id}
      ticket=${ticket} />`)}
      <${NotHere} /></div>
    <div class="actions">${refusal.value && html`<p class="refusal-band" role="alert">${refusal.value}</p>`}
      ${why && html`<p class="why">${why}</p>`}
      <${Button} kind="primary" command="RELEASE" disabled=${why !== "" || !ready || busy.value}
        onClick=${() => release(ready)}>${ready ? t("release.go", { order: ready.short_no })
          : t("release.wait")}<//></div>`;
}
