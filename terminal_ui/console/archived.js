// archived: an order that ended long ago, as the archive keeps it. Exports: Archived({id, problem})
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { html } from "../core/view.js";
import { Panel, known } from "../desk/parts.js";
import { Timeline } from "../desk/timeline.js";
import { Money, Rows, when } from "./parts.js";
import { has, useAnswer } from "./state.js";

/** `problem` is why there is no order that goes on; it is said where the archive has none either. */
export function Archived({ id, problem }) {
  const { value: order } = useAnswer(has("supervisor", "operator") ? `/archive/orders/${id}` : null);
  if (!order) return html`<p class="refusal" role="alert">${problem}</p>`;
  const rows = order.lines.map((line) => ({ key: line.line_no, cells: [
    html`${say({ zh: line.name_zh, en: line.name_en })} <span class="quiet">${line.sku}</span>`,
    quantity(line.quantity, line.unit),
    html`<${Money} minor=${line.payable} currency=${order.currency} />`] }));
  return html`<header class="order-head"><h2>${t("order.title", { no: order.order_no })}</h2>
      <p><span class="state">${known(`order.${order.state}`, order.state)}</span>
        <span class="tag">${t("archive.tag")}</span>
        <span class="quiet"> ${t("archive.at", { at: when(order.archived_at) })} ·
        ${" "}${t("money.paid")} <${Money} minor=${order.paid} currency=${order.currency} /> ·
        ${" "}${t("money.refunded")} <${Money} minor=${order.refunded} currency=${order.currency} /></span>
      </p></header>
    <div class="aside"><${Panel} title=${t("lines.title")} count=${rows.length}><${Rows} rows=${rows}
      caption=${t("lines.title")} columns=${[t("lines.goods"), t("lines.ordered"), t("lines.paid")]} /><//>
    <${Panel} title=${t("timeline.title")}><${Timeline} events=${order.events}
      nameOf=${(person) => person} /><//></div>`;
}
