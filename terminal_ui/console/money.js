// money: what channels said that fits no books, and refunds that did not arrive. Exports: MoneyBack()
import { call } from "../core/api.js";
import { t } from "../core/i18n.js";
import { money } from "../core/money.js";
import { html } from "../core/view.js";
import { Panel, age, known } from "../desk/parts.js";
import { Loaded, Sure } from "./parts.js";
import { act, has, storeId, useAnswer } from "./state.js";

const CURRENCY = /^[A-Z]{3}$/;

/** What a forged or broken callback calls money may be none. */
const amountOf = ({ amount, currency }) => amount != null && CURRENCY.test(currency ?? "")
  ? money(amount, currency) : amount ?? "?";

const OrderLink = ({ no }) => no && html`<a href=${`#/order/${no}`}>${t("order.title", { no })}</a>`;

function Notice({ one }) {
  const resolve = (note) => act(() => call("POST", `/payments/notices/${one.id}/resolve`, { note }),
    t("notice.resolved"));
  return html`<li class="slip"><header><h3>${amountOf(one)} · ${known(`held.${one.reason}`, one.reason)}</h3>
      <span class="quiet">${age(one.age_seconds)}</span></header><p><${OrderLink} no=${one.order_no} /></p>
    <${Sure} label=${t("notice.resolve")} kind="small" note=${t("notice.note")} text=${t("notice.sure")}
      go=${t("notice.go")} why=${has("operator") ? "" : t("act.operator")} onGo=${resolve} /></li>`;
}

function Failed({ one }) {
  return html`<li class="slip off"><header><h3>${amountOf(one)}</h3>
      <span class="quiet">${age(one.age_seconds)}</span></header>
    <p><${OrderLink} no=${one.order_no} /> · ${known(`reason.${one.reason}`, one.reason)}</p></li>`;
}

function Kind({ all, kind, title, none, Card }) {
  const mine = all.filter((one) => one.kind === kind);
  return html`<${Panel} title=${title} count=${mine.length}>${mine.length === 0 ? html`<p
    class="quiet">${none}</p>` : html`<ul class="slips">${mine.map((one) => html`<${Card} key=${one.id}
      one=${one} />`)}</ul>`}<//>`;
}

export function MoneyBack() {
  const asked = useAnswer(`/exceptions?store_id=${storeId()}`);
  return html`<${Loaded} of=${asked}>${({ exceptions }) => html`<div class="aside">
    <${Kind} all=${exceptions} kind="payment_notice" title=${t("money.notices")} none=${t("money.no_notices")}
      Card=${Notice} />
    <${Kind} all=${exceptions} kind="refund_failed" title=${t("money.failed")} none=${t("money.no_failed")}
      Card=${Failed} /></div>`}<//>`;
}
