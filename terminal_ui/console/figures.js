// figures: what is easier to see than to read: shortages, refunds, how old open cases are. Exports: Figures()
import { locale, t } from "../core/i18n.js";
import { money } from "../core/money.js";
import { html } from "../core/view.js";
import { Bars } from "../desk/charts.js";
import { known } from "../desk/parts.js";
import { Loaded } from "./parts.js";
import { storeId, useAnswer } from "./state.js";

/** "22 Nov": a calendar day is the same in every time zone. */
const dayOf = (day) => new Intl.DateTimeFormat(locale.value, { day: "numeric", month: "numeric",
  timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));

const whole = (minor, currency) => money(minor, currency).replace(/\.\d+$/, "");

export function Figures() {
  const asked = useAnswer(`/console/figures?store_id=${storeId()}`);
  return html`<${Loaded} of=${asked}>${({ currency, shortages, reasons, refunds, open_cases: cases }) =>
    html`<div class="charts">
    <${Bars} title=${t("figures.shortages")} empty=${t("figures.no_shortages")}
      columns=${[t("figures.day"), t("figures.count")]}
      rows=${shortages.map(({ day, count }) => ({ key: day, label: dayOf(day), value: count }))} />
    <${Bars} title=${t("figures.reasons")} empty=${t("figures.no_shortages")}
      columns=${[t("figures.reason"), t("figures.count")]}
      rows=${reasons.map(({ reason, count }) => ({ key: reason, value: count,
        label: known(`reason.${reason}`, reason) }))} />
    <${Bars} title=${t("figures.refunds")} empty=${t("figures.no_refunds")}
      columns=${[t("figures.day"), t("figures.amount"), t("figures.count")]}
      rows=${refunds.map(({ day, amount, count }) => ({ key: day, label: dayOf(day), value: amount,
        shown: whole(amount, currency), more: count }))} />
    <${Bars} title=${t("figures.cases")} empty=${t("figures.no_cases")}
      columns=${[t("figures.age"), t("figures.count")]}
      rows=${cases.map(({ age, count }) => ({ key: age, label: t(`figures.age_${age}`), value: count }))} />
    </div>`}<//>`;
}
