// money: refunds that wait for a person, and payments that fit no books. Exports: MoneyBack()
import { call } from "../core/api.js";
import { t } from "../core/i18n.js";
import { money } from "../core/money.js";
import { html } from "../core/view.js";
import { Panel, age, known } from "../desk/parts.js";
import { Loaded, Sure } from "./parts.js";
import { Refunds } from "./refunds.js";
import { act, has, storeId, useAnswer } from "./state.js";

const CURRENCY = /^[A-Z]{3}$/;

/** What a forged or broken callback calls money may be none. */
const amountOf = ({ amount, currency }) => amount != null && CURRENCY.test(currency ?? "")
  ? money(amount, currency) : amount ?? "?";

function Notice({ one }) {
  const resolve = (note) => act(() => call("POST", `/payments/notices/${one.id}/resolve`, { note }),
    t("notice.resolved"));
  return html`<li class="slip"><header><h3>${amountOf(one)} · ${known(`held.${one.reason}`, one.reason)}</h3>
      <span class="quiet">${age(one.age_seconds)}</span></header>
    ${one.order_no && html`<p><a href=${`#/order/${one.order_no}`}>${t("order.title",
      { no: one.order_no })}</a></p>`}
    <${Sure} label=${t("notice.resolve")} kind="small" note=${t("notice.note")} text=${t("notice.sure")}
      go=${t("notice.go")} why=${has("operator") ? "" : t("act.operator")} onGo=${resolve} /></li>`;
}

function Notices() {
  const asked = useAnswer(has("supervisor", "operator") ? `/exceptions?store_id=${storeId()}` : null);
  if (!has("supervisor", "operator")) return null;
  const notices = asked.value?.exceptions.filter(({ kind }) => kind === "payment_notice") ?? [];
  return html`<${Panel} title=${t("money.notices")} count=${notices.length}><${Loaded} of=${asked}>${() =>
    notices.length === 0 ? html`<p class="quiet">${t("money.no_notices")}</p>` : html`<ul class="slips">
      ${notices.map((one) => html`<${Notice} key=${one.id} one=${one} />`)}</ul>`}<//><//>`;
}

export const MoneyBack = () => html`<div class="aside"><${Refunds} /><${Notices} /></div>`;
