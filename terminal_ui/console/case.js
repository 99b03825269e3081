// case: one aftersales case in words. Exports: CaseRow({one, order})
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { html } from "../core/view.js";
import { known } from "../desk/parts.js";
import { Money, when } from "./parts.js";

export function CaseRow({ one, order }) {
  const line = order.lines.find(({ line_no: no }) => no === one.line_no);
  return html`<li class="slip"><header><h3>${known(`case.${one.kind}`, one.kind)}</h3>
      <span class="state">${known(`case.state.${one.state}`, one.state)}</span></header>
    <p>${line && html`${say(line.names)} ${quantity(one.quantity, line.unit)} · `}
      ${one.reason && html`${known(`reason.${one.reason}`, one.reason)} · `}${when(one.created_at)}</p>
    ${one.refund && html`<p>${t("case.refund")} <b><${Money} minor=${one.refund.amount}
      currency=${one.refund.currency} /></b> · ${known(`refund.${one.refund.state}`, one.refund.state)}</p>`}
    </li>`;
}
