// case: an aftersales case in words.
// Exports: CaseRow({one, order}), CaseMoney({refund}), reasonOf(case)
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { html } from "../core/view.js";
import { known } from "../desk/parts.js";
import { Money, when } from "./parts.js";

/** What somebody complained of, or why the shop opened it. */
export const reasonOf = ({ kind, reason }) => reason.split(", ").map((one) => known(
  kind === "complaint" ? `complaint.${one}` : `reason.${one}`, one)).join(" · ");

export const CaseMoney = ({ refund }) => refund && html`<p>${t("case.refund")} <b><${Money}
  minor=${refund.amount} currency=${refund.currency} /></b> · ${known(`refund.${refund.state}`,
    refund.state)}</p>`;

export function CaseRow({ one, order }) {
  const line = order.lines.find(({ line_no: no }) => no === one.line_no);
  return html`<li class="slip"><header><h3>${known(`case.${one.kind}`, one.kind)}</h3>
      <span class="state">${known(`case.state.${one.state}`, one.state)}</span></header>
    <p>${line && html`${say(line.names)} ${quantity(one.quantity, line.unit)} · `}
      ${one.reason && html`${reasonOf(one)} · `}
      ${when(one.created_at)}</p><${CaseMoney} refund=${one.refund} /></li>`;
}
