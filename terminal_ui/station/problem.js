// problem: the exception sheet of one line: something is missing, unfit or too much. Exports:
// Problem({ticket, line})
import { html, useSignal } from "../core/view.js";
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { openOf } from "../core/lines.js";
import { tell } from "../core/feedback.js";
import { Button, Screen } from "../core/ui.js";
import { act } from "../core/work.js";
import { problemLine } from "./state.js";

const REASONS = ["missing", "damaged", "expired"];

async function report(ticket, line, amount, reason) {
  problemLine.value = null;
  if (reason === "surplus") await act(ticket, "surplus", { line: line.id, quantity: amount });
  else await act(ticket, "short", { line: line.id, quantity: amount, reason });
  tell("right", say(line.name), t(`problem.done.${reason}`, { n: quantity(amount, line.unit) }));
}

export function Problem({ ticket, line }) {
  const open = openOf(line), step = line.unit === "g" ? 100 : 1;
  const amount = useSignal(Math.max(open, step));
  const change = (by) => { amount.value = Math.max(1, amount.value + by); };
  const isShort = amount.value <= open;
  return html`<${Screen} title=${say(line.name)}
    class="screen problem" back=${() => { problemLine.value = null; }}>
    <p class="lead">${t("problem.lead", { n: quantity(open, line.unit) })}</p>
    <div class="stepper" role="group" aria-label=${t("problem.amount")}>
      <${Button} command="LESS" aria-label=${t("problem.less")} onClick=${() => change(-step)}>−<//>
      <output>${quantity(amount.value, line.unit)}</output>
      <${Button} command="MORE" aria-label=${t("problem.more")} onClick=${() => change(step)}>+<//></div>
    <div class="reasons">${REASONS.map((reason) => html`<${Button} key=${reason}
      command=${reason.toUpperCase()}
        disabled=${!isShort} onClick=${() => report(ticket, line, amount.value, reason)}>
        ${t(`problem.${reason}`)}<small>${t(`problem.${reason}.then`)}</small><//>`)}
      <${Button} command="SURPLUS" onClick=${() => report(ticket, line, amount.value, "surplus")}>
        ${t("problem.surplus")}<small>${t("problem.surplus.then")}</small><//></div><//>`;
}
