// count: what is on a shelf: the question whether it is empty now, and the screen on which one is counted.
// Exports: ZeroCheck()   a question above the work that nobody has to answer; CountLine({stop})
//          Stepper({amount: {value}, most, unit, label})
import { html } from "../core/view.js";
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { Button, Icon } from "../core/ui.js";
import { Goods, Head } from "./parts.js";
import { answerZero, countOf, endCount, zero } from "./state.js";

const GRAMS_STEP = 100;
const COUNT_MAX = 999_999;

export function Stepper({ amount, most, unit, label }) {
  const step = unit === "g" ? GRAMS_STEP : 1;
  const change = (by) => { amount.value = Math.min(most, Math.max(0, amount.value + by)); };
  return html`<div class="stepper" role="group" aria-label=${label}>
    <${Button} command="LESS" aria-label=${t("stepper.less")} onClick=${() => change(-step)}>−<//>
    <output>${quantity(amount.value, unit)}</output>
    <${Button} command="MORE" aria-label=${t("stepper.more")} onClick=${() => change(step)}>+<//></div>`;
}

export function ZeroCheck() {
  if (!zero.value) return null;
  const { line } = zero.value;
  return html`<section class="zero-check" aria-label=${t("zero.title")}>
    <p>${t("zero.ask", { place: line.found_at ?? line.location })}</p>
    <${Button} command="EMPTY" onClick=${() => answerZero(true)}>${t("zero.yes")}<//>
    <${Button} command="NOT-EMPTY" onClick=${() => answerZero(false)}>${t("zero.no")}<//></section>`;
}

export function CountLine({ stop: { ticket, line } }) {
  return html`<main class="screen pick" data-ticket=${ticket.id} data-line=${line.id}>
    <${Head} ticket=${ticket} />
    <div class="screen-body"><p class="told"><${Icon} name="search" />
        ${t(line.second ? "count.second" : "count.lead")}</p>
      <p class="place">${line.location}</p><${Goods} line=${line} />
      <${Stepper} amount=${countOf(line)} most=${COUNT_MAX} unit=${line.unit} label=${say(line.name)} /></div>
    <div class="actions"><${Button} kind="primary" command="CONFIRM" onClick=${() => endCount(ticket, line)}>
        ${t("count.confirm", { n: quantity(countOf(line).value, line.unit) })}<//></div></main>`;
}
