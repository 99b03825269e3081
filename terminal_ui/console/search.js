// search: finds orders by number, last digits, phone or bag. Exports: Orders()
import { call } from "../core/api.js";
import { t } from "../core/i18n.js";
import { html, useLayoutEffect, useRef, useSignal } from "../core/view.js";
import { Panel, Refusal, attempt, known } from "../desk/parts.js";
import { go } from "./route.js";
import { Money, when } from "./parts.js";
import { storeId } from "./state.js";

const DIGITS = /^\d+$/;

/** How far a paid order is; of any other the order's own word: stopped work is not yet money that is back. */
const standing = ({ state, order_state: own }) => own === "paid"
  ? known(`fulfilment.${state}`, known(`order.${state}`, state)) : known(`order.${own}`, own);

export function Orders() {
  const q = useSignal(""), found = useSignal(null), field = useRef(null);
  useLayoutEffect(() => { field.current?.focus(); }, []);
  const look = (event) => {
    event.preventDefault();
    const asked = q.value.trim().replace(/^ORD-/i, "");
    if (!asked) return;
    attempt(async () => {
      const query = new URLSearchParams({ store_id: storeId(), q: asked });
      const { orders } = await call("GET", `/dispatch/orders?${query}`);
      found.value = orders;
      if (orders.length === 1) go(`order/${orders[0].order_no}`);
    });
  };
  return html`<${Panel} title=${t("search.title")}><form class="look" role="search" onSubmit=${look}>
    <input ref=${field} type="search" name="q" aria-label=${t("search.label")} autocomplete="off"
      placeholder=${t("search.label")} value=${q.value} maxlength="80"
      onInput=${(event) => { q.value = event.currentTarget.value; found.value = null; }} />
    <button type="submit" class="press strong">${t("search.go")}</button></form><${Refusal} />
    ${found.value?.length === 0 && html`<p role="status">${t("search.none")}
      ${DIGITS.test(q.value.trim()) && html` <a href=${`#/order/${q.value.trim()}`}>
        ${t("search.anyway")}</a>`}
      </p>`}
    ${found.value?.length > 1 && html`<ul class="found-orders" aria-label=${t("search.found")}>
      ${found.value.map((order) => html`<li key=${order.order_no}><a href=${`#/order/${order.order_no}`}>
        <b>${order.order_no}</b> <span>${order.name}</span>
        <span><${Money} minor=${order.total} currency=${order.currency} /></span>
        <span class="quiet">${standing(order)}
          ${" · "}${when(order.created_at)}</span>
        ${order.archived && html`<span class="tag">${t("archive.tag")}</span>`}</a></li>`)}</ul>`}
    <p class="quiet">${t("search.hint")}</p><//>`;
}
