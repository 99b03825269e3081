// orders: what the customer has ordered; looking, paying, cancelling. Exports: Orders(), Order({id}),
//   Pay({id})
import { uuid } from "../core/api.js";
import { quantity } from "../core/format.js";
import { locale, say, t } from "../core/i18n.js";
import { money } from "../core/money.js";
import { ask } from "../core/open.js";
import { html, signal, useEffect, useLayoutEffect, useRef, useSignal } from "../core/view.js";
import { owners } from "./account.js";
import { Problem } from "./checkout.js";
import { Complaints } from "./complaint.js";
import { Back, Icon, Picture, Totals } from "./parts.js";
import { busy, pay } from "./placing.js";
import { explain } from "./state.js";
import { when } from "./times.js";

const orders = signal(null);
const failed = signal("");
const UNDER_WAY = ["placed", "paid", "cancelling"], COMING = ["none", "preparing", "ready", "handed_over"];
// Complaints are taken until it is closed; what became of them is told after that, too.
const COMPLAINABLE = ["completed", "closed"];
const LOOK_MS = 5000;
const isUnderWay = (order) => UNDER_WAY.includes(order?.state) || order?.refund_state === "pending";

/** Orders of the member and of the guest on this device, newest first,
  each with the token that may see it. */
async function load() {
  try {
    const lists = await Promise.all(owners().map(async (token) =>
      (await ask("GET", "/orders", undefined, { token })).orders.map((order) => ({ ...order, token }))));
    orders.value = lists.flat().sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at));
    failed.value = "";
  } catch (error) {
    failed.value = explain(error);
  }
}

async function one(id) {
  for (const token of owners()) {
    try {
      return { ...await ask("GET", `/orders/${id}`, undefined, { token }), token };
    } catch (error) {
      if (error.status !== 404) throw error;
    }
  }
  return null;
}

const stateKey = ({ state, delivery_state: delivery }) =>
  state === "paid" && delivery !== "none" ? `delivery.${delivery}` : `order.${state}`;

const trackPath = (order) => new URL(order.track_url, location.href).pathname;
const trackPage = (order) => `${trackPath(order)}?lang=${locale.value.slice(0, 2)}`;

function Row({ order }) {
  return html`<li><a class="order-row" href=${`#/order/${order.order_no}`}>
    <span class="order-state ${order.state}">${t(stateKey(order))}</span>
    <span class="order-no">${t("order.no", { no: order.order_no.slice(-4) })}</span>
    <span class="order-at">${when(order.created_at)}</span><b>${money(order.total, order.currency)}</b></a>
      </li>`;
}

export function Orders() {
  useEffect(() => { load(); }, []);
  return html`<section class="view narrow"><${Back} title=${t("orders.title")} />
    ${failed.value && html`<p class="refusal" role="alert">${failed.value}</p>`}
    ${orders.value?.length === 0 && html`<div class="nothing"><${Icon} name="orders" />
      <p>${t("orders.empty")}</p></div>`}
    <ul class="order-rows">${orders.value?.map((order) => html`<${Row} key=${order.order_no}
      order=${order} />`)}</ul></section>`;
}

/** Whether the rider was asked to bring it back: the tracking page knows. */
function useRecalled(order) {
  const recalled = useSignal(false);
  useEffect(() => {
    if (order.delivery_state !== "handed_over") return;
    ask("GET", trackPath(order)).then((told) => { recalled.value = told.recalled; }, () => {});
  }, [order]);
  return recalled;
}

/** `kind` is unpaid, cancel, or recall for what is with the rider. */
function Cancel({ order, kind, onDone }) {
  const sure = useSignal(false), refusal = useSignal(""), recalled = useRecalled(order), box = useRef(null);
  useLayoutEffect(() => { if (sure.value) box.current?.querySelector("button")?.focus(); }, [sure.value]);
  const cancel = async () => {
    try {
      await ask("POST", `/orders/${order.order_no}/cancel`, { reason: "" }, { token: order.token,
        idempotencyKey: uuid() });
      recalled.value = kind === "recall";
      await onDone();
    } catch (error) {
      refusal.value = explain(error);
    }
    sure.value = false;
  };
  if (kind === "recall" && recalled.value) {
    return html`<p class="hint" role="status">${t("recall.asked")}</p>`;
  }
  const word = kind === "recall" ? "recall" : "cancel";
  if (!sure.value) {
    return html`<p class="refusal" role="alert">${refusal.value}</p>
      <button type="button" class="button danger wide"
        onClick=${() => { sure.value = true; }}>${t(`${word}.ask`)}</button>`;
  }
  return html`<div class="sure" ref=${box} role="group" aria-label=${t(`${kind}.sure`)}>
    <p>${t(`${kind}.sure`)}</p>
    <button type="button" class="button" onClick=${() => { sure.value = false; }}>${t("cancel.keep")}</button>
    <button type="button" class="button danger" onClick=${cancel}>${t(`${word}.do`)}</button></div>`;
}

/** The shop closed before anybody began: whoever does not wait gets their money back. */
function Keep({ order, onDone }) {
  const refused = useSignal("");
  const keep = async () => {
    try {
      await ask("POST", `/orders/${order.order_no}/keep`, {}, { token: order.token,
        idempotencyKey: uuid() });
      await onDone();
    } catch (error) { refused.value = explain(error); }
  };
  return html`<section class="problem" role="alert"><${Icon} name="alert" /><div><p>${t("keep.lead")}</p>
    <p class="refusal">${refused.value}</p><button type="button" class="button primary"
      onClick=${keep}>${t("keep.go")}</button></div></section>`;
}

function PaymentFailed({ order }) {
  return order.payment_failed && html`<div class="problem" role="alert"><${Icon} name="alert" />
    <div><p>${t("pay.failed")}</p></div></div>`;
}

/** How this order may be stopped now, or null. */
function stopping({ state, actions }) {
  if (actions.includes("recall")) return "recall";
  if (!actions.includes("cancel")) return null;
  return state === "placed" ? "unpaid" : "cancel";
}

/** What went back and what is on its way, in words. */
function MoneyBack({ order }) {
  return html`${order.refunded > 0 && html`<p class="hint">${t("order.refunded", { amount: money(order.refunded,
      order.currency) })}</p>`}
    ${["pending", "owed"].includes(order.refund_state) && html`<p class="hint" role="status">
      ${t(`order.refund_${order.refund_state}`)}</p>`}`;
}

function Facts({ order, reload }) {
  const stop = stopping(order);
  const isComing = ["placed", "paid"].includes(order.state) && COMING.includes(order.delivery_state);
  return html`<p class="order-headline"><span class="order-state ${order.state}">${t(stateKey(order))}</span>
      ${isComing && html`<span>${t("promise.by")} <b>${when(order.promised_at)}</b></span>`}</p>
    ${order.state === "placed" ? html`<${PaymentFailed} order=${order} />
      <p class="hint">${t("pay.until", { at: when(order.expires_at) })}</p><${Problem} />
      <button type="button" class="button primary wide" disabled=${busy.value}
        onClick=${() => pay(order.order_no)}>
        ${t(order.payment_failed ? "pay.again" : "pay.now", { amount: money(order.total,
          order.currency) })}</button>`
      : html`<a class="button primary wide" href=${trackPage(order)}>${t("order.track")}</a>`}
    ${order.actions.includes("keep") && html`<${Keep} order=${order} onDone=${reload} />`}
    <ul class="lines">${order.lines.map((line) => html`<li class="line" key=${line.line_no}>
      <${Picture} of=${line} />
      <div class="line-text"><p class="line-name">${say(line.names)}</p><p class="pack">${line.unit !== "g"
        && "×"}${quantity(line.quantity, line.unit)}</p></div>
      <b class="line-amount">${money(line.payable, order.currency)}</b></li>`)}</ul>
    <${Totals} totals=${order.totals} />
    <${MoneyBack} order=${order} />
    <section class="panel"><h2>${t("contact.title")}</h2><p>${order.contact.name} · ${order.contact.phone}</p>
      <p>${order.contact.address}</p>${order.note && html`<p class="pack">${order.note}</p>`}</section>
    ${COMPLAINABLE.includes(order.state) && html`<${Complaints} order=${order} />`}
    ${stop && html`<${Cancel} key=${stop} order=${order} kind=${stop} onDone=${reload} />`}`;
}

export function Order({ id }) {
  const order = useSignal(undefined), refusal = useSignal("");
  const reload = () => one(id).then((found) => { order.value = found; },
    (error) => { refusal.value = explain(error); });
  const lookAgain = () => {
    if (document.hidden || !isUnderWay(order.value)) return;
    // What is shown stays until something newer has come.
    one(id).then((found) => { order.value = found ?? order.value; }, () => {});
  };
  useEffect(() => {
    reload();
    const looking = setInterval(lookAgain, LOOK_MS);
    return () => clearInterval(looking);
  }, [id]);
  return html`<section class="view narrow"><${Back} to="orders" title=${t("order.title",
    { no: id.slice(-4) })} />
    <p class="refusal" role="alert">${order.value === null ? t("refused.unknown_order") : refusal.value}</p>
    ${order.value && html`<${Facts} order=${order.value} reload=${reload} />`}</section>`;
}

/** An order that cannot be paid: unknown to this device, paid already, or over. */
function NothingToPay({ order }) {
  const why = order === null ? t("refused.unknown_order")
    : t(order.state === "expired" ? "refused.payment_closed" : stateKey(order));
  return html`<div class="nothing"><${Icon} name="orders" /><p>${why}</p>
    <a class="button" href=${order === null ? "#/orders" : `#/order/${order.order_no}`}>
      ${t(order === null ? "head.orders" : "pay.order")}</a></div>`;
}

export function Pay({ id }) {
  const order = useSignal(undefined);
  // The order is there to say more; who is offline may still try to pay.
  useEffect(() => { one(id).then((found) => { order.value = found; }, () => {}); }, [id]);
  const head = html`<${Back} to=${order.value === null ? "orders" : `order/${id}`} title=${t("pay.title")} />`;
  if (order.value === null || order.value && order.value.state !== "placed") {
    return html`<section class="view narrow">${head}<${NothingToPay} order=${order.value} /></section>`;
  }
  return html`<section class="view narrow">${head}
    <div class="nothing"><${Icon} name="clock" /><p>${t("pay.lead")}</p></div>
    ${order.value && html`<${PaymentFailed} order=${order.value} />
      <p class="hint">${t("pay.until", { at: when(order.value.expires_at) })}</p>`}<${Problem} />
    <button type="button" class="button primary wide" disabled=${busy.value} onClick=${() => pay(id)}>
      ${t(busy.value ? "pay.going" : "pay.go")}</button>
    <a class="link" href=${`#/order/${id}`}>${t("pay.order")}</a></section>`;
}
