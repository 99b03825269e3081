// search: finds an order of the floor by its number or its last digits. Exports: Search()
import { call } from "../core/api.js";
import { clockTime } from "../core/format.js";
import { t } from "../core/i18n.js";
import { html, useEffect, useRef, useSignal } from "../core/view.js";
import { known } from "../desk/parts.js";
import { attempt, board, chosen, storeId } from "./state.js";

export function Search() {
  const q = useSignal(""), found = useSignal(null), field = useRef(null);
  useEffect(() => {
    const jump = (event) => {
      if (event.key !== "/" || event.target.matches("input, textarea, select")) return;
      event.preventDefault();
      field.current?.focus();
    };
    document.addEventListener("keydown", jump);
    return () => document.removeEventListener("keydown", jump);
  }, []);
  const look = (event) => {
    event.preventDefault();
    const digits = q.value.replace(/\D/g, "");
    if (!digits) return;
    attempt(async () => {
      found.value = (await call("GET", `/dispatch/orders?store_id=${storeId()}&q=${digits}`)).orders
        .filter((order) => order.fulfilment_id);
      if (found.value.length === 1) show(found.value[0]);
    });
  };
  const show = (order) => {
    const ticket = board.value.tickets.find((one) => one.fulfilment_id === order.fulfilment_id);
    chosen.value = { ticketId: ticket?.id, fulfilmentId: order.fulfilment_id, orderNo: order.order_no };
    found.value = null;
  };
  return html`<form class="search" role="search" onSubmit=${look}>
    <input ref=${field} type="search" inputmode="numeric" name="q" aria-label=${t("search.label")}
      placeholder=${t("search.label")} aria-keyshortcuts="/" value=${q.value}
      onInput=${(event) => { q.value = event.currentTarget.value; found.value = null; }} />
    ${found.value && html`<ul class="found">${found.value.length === 0 && html`<li>${t("search.none")}</li>`}
      ${found.value.map((order) => html`<li key=${order.order_no}><button type="button" class="press"
        onClick=${() => show(order)}>${order.order_no} · ${clockTime(order.due_at)} ·
        ${" "}${known(`fulfilment.${order.state}`, order.state)}</button></li>`)}</ul>`}</form>`;
}
