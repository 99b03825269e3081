// switches: every dependency, whether it is used and whether it answers, and turning it off.
// Exports: Switches()
import { call } from "../core/api.js";
import { t } from "../core/i18n.js";
import { html } from "../core/view.js";
import { Panel, known } from "../desk/parts.js";
import { Loaded, Sure, when } from "./parts.js";
import { act, has, nameOf, useAnswer, useNames } from "./state.js";

/** Channels of payment are named by configuration: they share one meaning. */
const kindOf = (name) => name.startsWith("pay_") ? "pay" : name;

function stateOf(one) {
  if (!one.on) return "off";
  if (one.key_refused_at) return "refused";
  return one.breaker === "closed" && !one.silent_since ? "on" : "broken";
}

function Switch({ one, names }) {
  const kind = kindOf(one.name), title = known(`switch.${kind}`, one.name, { name: one.name.slice(4) });
  const flip = (on) => (reason) => act(() => call("PUT", `/switches/${one.name}`, { on, reason }),
    t(on ? "switch.is_on" : "switch.is_off", { name: title }));
  const state = stateOf(one), silentSince = one.silent_since ?? one.opened_at;
  return html`<li class="slip ${state}"><header><h3>${title}</h3>
      <span class="state ${state}">${t(`switch.state.${state}`)}</span></header>
    <p>${known(`switch.away.${kind}`, "")}</p>
    ${one.changed_at && html`<p class="quiet">${t(one.on ? "switch.on_since" : "switch.off_since",
      { at: when(one.changed_at), who: nameOf(names, one.changed_by) })}
      ${one.reason && html` · ${one.reason}`}</p>`}
    ${one.key_refused_at && html`<p class="tag held">${t("switch.refused_since",
      { at: when(one.key_refused_at) })}</p>`}
    ${silentSince && !one.key_refused_at && html`<p class="tag held">${t("switch.silent_since",
      { at: when(silentSince), n: one.refusals })}</p>`}
    ${one.on ? html`<${Sure} label=${t("switch.off")} kind="danger small" note=${t("note.reason")}
        text=${known(`switch.sure.${kind}`, t("switch.sure"))} onGo=${flip(false)} />`
      : html`<${Sure} label=${t("switch.on")} kind="small" note=${t("note.reason")}
        text=${t("switch.sure_on")} onGo=${flip(true)} />`}</li>`;
}

export function Switches() {
  const asked = useAnswer(has() ? "/switches" : null);
  const names = useNames();
  if (!has()) return html`<${Panel} title=${t("switches.title")}><p>${t("switches.admin")}</p><//>`;
  return html`<${Panel} title=${t("switches.title")}><p class="quiet">${t("switches.lead")}</p>
    <${Loaded} of=${asked}>${(all) => html`<ul class="slips wide">${all.map((one) => html`<${Switch}
      key=${one.name} one=${one}
      names=${names} />`)}</ul>`}<//><//>`;
}
