// missing: what the customer wishes for when goods turn out to be missing. Exports: Missing()
import { say, t } from "../core/i18n.js";
import { html } from "../core/view.js";
import { Icon } from "./parts.js";
import { SILENT, WISHES, wishes } from "./placing.js";
import { cart } from "./state.js";

const change = (values) => { wishes.value = { ...wishes.value, ...values }; };

function ofLine(sku, wish) {
  const lines = { ...wishes.value.lines };
  if (wish) lines[sku] = wish;
  else delete lines[sku];
  change({ lines });
}

function Option({ name, value, chosen, onChoose, children }) {
  return html`<label class="option"><input type="radio" name=${name} value=${value}
    checked=${chosen === value} onChange=${() => onChoose(value)} /><span>${children}</span></label>`;
}

/** Only who wishes to be asked can stay silent. */
function Silent() {
  const asks = wishes.value.all === "ask" || cart.value.lines.some(({ sku }) =>
    wishes.value.lines[sku] === "ask");
  if (!asks) return null;
  return html`<fieldset class="options silent"><legend>${t("silent.title")}</legend>
    ${SILENT.map((value) => html`<${Option} key=${value} name="if_silent" value=${value}
      chosen=${wishes.value.silent} onChoose=${(silent) => change({ silent })}>${t(`silent.${value}`)}<//>`)}
    <p class="hint">${t("silent.lead")}</p></fieldset>`;
}

function Line({ line }) {
  return html`<label class="wish"><span>${say(line.names)}</span><select name=${`wish-${line.sku}`}
      value=${wishes.value.lines[line.sku] ?? ""}
      onChange=${(event) => ofLine(line.sku, event.currentTarget.value)}>
    <option value="">${t("wish.same")}</option>
    ${WISHES.map((wish) => html`<option value=${wish} key=${wish}>${t(`wish.short.${wish}`)}</option>`)}
    </select></label>`;
}

export function Missing() {
  const own = cart.value.lines.filter(({ sku }) => wishes.value.lines[sku]).length;
  return html`<section class="panel missing"><fieldset class="options"><legend>${t("wish.title")}</legend>
    ${WISHES.map((wish) => html`<${Option} key=${wish} name="on_shortage" value=${wish}
      chosen=${wishes.value.all} onChoose=${(all) => change({ all })}><b>${t(`wish.${wish}`)}</b>
      <small>${t(`wish.${wish}_lead`)}</small><//>`)}</fieldset>
    <details class="single" open=${own > 0}><summary>${t("wish.single")}<${Icon} name="down" /></summary>
      ${cart.value.lines.map((line) => html`<${Line} key=${line.sku} line=${line} />`)}</details>
    <${Silent} /></section>`;
}
