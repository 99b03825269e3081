// order: one order from all sides, and what may be done with it. Exports: Order({id})
import { call } from "../core/api.js";
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { money } from "../core/money.js";
import { html } from "../core/view.js";
import { Panel, known } from "../desk/parts.js";
import { Timeline } from "../desk/timeline.js";
import { CaseRow } from "./case.js";
import { Archived } from "./archived.js";
import { Loaded, Money, Rows, Sure, when } from "./parts.js";
import { Speaking } from "./speaking.js";
import { act, has, useAnswer } from "./state.js";

function whyNoCancel(order) {
  if (order.recalled) return t("recall.asked");
  if (order.actions.includes("cancel") || order.actions.includes("recall")) return "";
  if (!has("supervisor", "operator")) return t("act.not_yours");
  return known(`cancel.why.${order.state}`, t("cancel.why.left"));
}

/** How a cancel begins, and what is said of it. */
function stopping({ state, actions }) {
  if (state === "placed") return { label: "cancel.label", sure: "cancel.sure_unpaid", done: "cancel.done" };
  return actions.includes("recall") ? { label: "recall.label", sure: "recall.sure", done: "recall.asked" }
    : { label: "cancel.label", sure: "cancel.sure", done: "cancel.asked" };
}

function Acts({ order }) {
  const stop = stopping(order);
  const cancel = (reason) => act(() => call("POST", `/orders/${order.order_no}/cancel`, { reason }),
    t(stop.done));
  return html`<${Panel} title=${t("acts.title")}><div class="acts">
    <${Sure} key=${stop.label} label=${t(stop.label)} kind="danger" note=${t("note.reason")}
      why=${whyNoCancel(order)} text=${t(stop.sure)} onGo=${cancel} />
    <${Speaking} order=${order} /></div><//>`;
}

function LineState({ line }) {
  const parts = ["short", "substituted"].filter((name) => line[name] > 0);
  return html`${quantity(line.picked, line.unit)} / ${quantity(line.quantity, line.unit)}
    ${parts.map((name) => html` <span key=${name} class="tag held">${t(`line.${name}`,
      { n: quantity(line[name], line.unit) })}</span>`)}`;
}

function Instead({ one, currency }) {
  return html`<span class="instead">${t("line.instead", { name: say(one.names),
    n: quantity(one.quantity, one.unit) })}
    ${one.difference > 0 && html` · ${t("line.difference", { amount: money(one.difference, currency) })}`}
    ${one.extra > 0 && html` · ${t("line.extra", { amount: money(one.extra, currency) })}`}
    ${one.shop_cost > 0 && html` · ${t("line.shop_cost", { amount: money(one.shop_cost, currency) })}`}
    </span>`;
}

function Lines({ order }) {
  const rows = order.lines.map((line) => ({ key: line.line_no, cells: [
    html`${say(line.names)} <span class="quiet">${line.sku}</span>
      ${order.substitutes.filter((one) => one.line_no === line.line_no).map((one) => html`<${Instead}
        key=${one.sub_line_no} one=${one} currency=${order.currency} />`)}`,
    html`<${LineState} line=${line} />`,
    t(`wish.${line.on_shortage}`),
    html`<${Money} minor=${line.payable} currency=${order.currency} />`,
    line.refunded > 0 && html`<${Money} minor=${line.refunded} currency=${order.currency} />` || "–"] }));
  return html`<${Panel} title=${t("lines.title")} count=${order.lines.length}><${Rows}
    caption=${t("lines.title")} rows=${rows} columns=${["goods", "picked", "wish", "paid", "refunded"]
      .map((name) => t(`lines.${name}`))} /><//>`;
}

function Questions({ order }) {
  if (order.decisions.length === 0) return null;
  const lineOf = (one) => order.lines.find(({ line_no: no }) => no === one.line_no);
  return html`<${Panel} title=${t("questions.title")} count=${order.decisions.length}><ul class="slips">
    ${order.decisions.map((one) => html`<li class="slip ${one.open ? "broken" : ""}" key=${one.decision_id}>
      <header><h3>${say(lineOf(one)?.names)} ${quantity(one.quantity, lineOf(one)?.unit)}</h3>
      <span class="state">${t(`question.${one.state}`)}</span></header>
      <p class="quiet">${t("question.asked", { at: when(one.asked_at), until: when(one.deadline) })} ·
        ${" "}${t("question.silent", { wish: t(`wish.${one.if_silent}`) })}</p></li>`)}</ul><//>`;
}

/** What the customer was told. */
function Told({ order }) {
  const asked = useAnswer(has("supervisor", "operator") ? `/messages?order_no=${order.order_no}` : null);
  const told = asked.value?.messages ?? [];
  if (told.length === 0) return null;
  return html`<${Panel} title=${t("messages.of_order")} count=${told.length}><ul class="plain">
    ${told.map((one) => html`<li key=${one.id}>${known(`message.${one.kind}`, one.kind)} ·
      ${" "}${t(`messages.${one.state}`)} <span class="quiet">${when(one.created_at)}</span></li>`)}
      </ul><//>`;
}

function MoneyOf({ order }) {
  const row = (key, minor, tone = "") => html`<div class=${tone} key=${key}><dt>${t(`money.${key}`)}</dt>
    <dd><${Money} minor=${minor} currency=${order.currency} /></dd></div>`;
  return html`<${Panel} title=${t("money.title")}><dl class="sums">${row("total", order.total)}
    ${row("paid", order.paid)}${row("refunded", order.refunded)}
    ${order.pending > 0 && row("pending", order.pending)}
    ${order.debt > 0 && row("debt", order.debt, "owed")}
    ${order.paid > 0 && row("kept", order.paid - order.refunded - order.pending - order.debt)}</dl>
    ${order.payments.length > 0 && html`<ul class="plain">${order.payments.map((one) => html`<li
      key=${one.pay_seq}>${t(one.is_extra ? "payment.extra" : "payment.no", { n: one.pay_seq })} ·
      ${" "}${known(`payment.${one.state}`, one.state)}
      · <${Money} minor=${one.amount} currency=${one.currency} /></li>`)}</ul>`}<//>`;
}

function Contact({ order }) {
  const { name, phone, address } = order.contact;
  return html`<${Panel} title=${t("contact.title")}><p><b>${name}</b></p>
    ${phone && html`<p><a href=${`tel:${phone}`}>${phone}</a></p>`}<p>${address}</p>
    ${order.note && html`<p class="quiet">${t("contact.note")} ${order.note}</p>`}
    ${order.bags.length > 0 && html`<ul class="plain">${order.bags.map((bag) => html`<li
      key=${bag.code}><b>${bag.code}</b> ${t(`zone.${bag.temperature}`)} · ${known(`bag.${bag.state}`,
        bag.state)}</li>`)}</ul>`}<//>`;
}

function Whole({ order }) {
  const nameOf = (id) => say(order.people[id]) || t("actor.program");
  return html`<header class="order-head"><h2>${t("order.title", { no: order.order_no })}</h2>
      <p><span class="state">${known(`order.${order.state}`, order.state)}</span>
      ${order.state === "paid" && html` <span class="tag">${known(`delivery.${order.delivery_state}`,
        order.delivery_state)}</span>`}
      <span class="quiet"> ${t("order.placed_at", { at: when(order.created_at) })} ·
        ${" "}${t("order.promised_at", { at: when(order.promised_at) })}</span></p></header>
    <div class="columns"><div class="aside"><${Lines} order=${order} />
      <${Questions} order=${order} />
      <${Panel} title=${t("cases.of_order")} count=${order.cases.length}>${order.cases.length === 0
        ? html`<p class="quiet">${t("cases.none_of_order")}</p>` : html`<ul class="slips">
        ${order.cases.map((one) => html`<${CaseRow} key=${one.case_id} one=${one} order=${order} />`)}
        </ul>`}<//>
      <${Panel} title=${t("timeline.title")}><${Timeline} events=${order.events} nameOf=${nameOf} /><//></div>
    <div class="aside"><${Acts} order=${order} /><${MoneyOf} order=${order} />
      <${Contact} order=${order} /><${Told} order=${order} /></div></div>`;
}

export function Order({ id }) {
  const asked = useAnswer(`/console/orders/${encodeURIComponent(id)}`);
  // What ended long ago stands in the archive.
  if (asked.problem && !asked.value) return html`<${Archived} id=${id} problem=${asked.problem} />`;
  return html`<${Loaded} of=${asked}>${(order) => html`<${Whole} order=${order} />`}<//>`;
}
