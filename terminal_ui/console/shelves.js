// shelves: what somebody shall count, and what is off sale. Exports: Shelves(), SaleButton({sku, onSale})
import { call, uuid } from "../core/api.js";
import { say, t } from "../core/i18n.js";
import { html } from "../core/view.js";
import { Panel, known } from "../desk/parts.js";
import { Loaded, Sure, when } from "./parts.js";
import { act, storeId, useAnswer } from "./state.js";

export function SaleButton({ sku, onSale }) {
  const sell = (wanted) => (reason) => act(() => call("POST", `/stores/${storeId()}/products/${sku}/sale`,
    { on_sale: wanted, reason }, { idempotencyKey: uuid() }), t(wanted ? "sale.is_on" : "sale.is_off"));
  return onSale ? html`<${Sure} label=${t("sale.off")} kind="danger small" note=${t("note.reason")}
      text=${t("sale.off_sure")} onGo=${sell(false)} />`
    : html`<${Sure} label=${t("sale.on")} kind="small" text=${t("sale.on_sure")} onGo=${sell(true)} />`;
}

const Goods = ({ sku, children }) => html`<a href=${`#/stock/${encodeURIComponent(sku)}`}>${children}</a>`;

function Counts() {
  const asked = useAnswer(`/stores/${storeId()}/stock-counts`);
  return html`<${Panel} title=${t("counts.title")} count=${asked.value?.counts.length}><${Loaded}
      of=${asked}>${({ counts }) => counts.length === 0 ? html`<p class="quiet">${t("counts.none")}</p>`
    : html`<ul class="plain">${counts.map((one) => html`<li key=${one.id}><${Goods} sku=${one.sku}>
        ${one.sku}<//> · ${known(`reason.${one.reason}`, one.reason)}
        ${" "}<span class="quiet">${when(one.opened_at)}</span></li>`)}</ul>`}<//><//>`;
}

function OffSale() {
  const asked = useAnswer(`/stores/${storeId()}/off-sale`);
  return html`<${Panel} title=${t("sale.title")} count=${asked.value?.products.length}><${Loaded}
      of=${asked}>${({ products }) => products.length === 0 ? html`<p class="quiet">${t("sale.none")}</p>`
    : html`<ul class="slips wide">${products.map((one) => html`<li class="slip" key=${one.sku}><header>
        <h3><${Goods} sku=${one.sku}>${say(one.names)}<//></h3><span class="quiet">${when(one.at)}</span>
        </header><p>${one.sku} · ${known(`sale.reason.${one.reason}`, one.reason)}</p>
        <${SaleButton} sku=${one.sku} onSale=${false} /></li>`)}</ul>`}<//><//>`;
}

export const Shelves = () => html`<${Counts} /><${OffSale} />`;
