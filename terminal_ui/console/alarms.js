// alarms: what is wrong just now, and that somebody has it. Exports: Alarms()
import { call } from "../core/api.js";
import { say, t } from "../core/i18n.js";
import { html } from "../core/view.js";
import { Panel } from "../desk/parts.js";
import { Loaded, More, Sure, when } from "./parts.js";
import { act, has, nameOf, storeId, useNames, usePages } from "./state.js";

/** The name of the page on which it is mended; "" on that page itself. */
function mendedOn(page) {
  const name = page.split("#/")[1] ?? "board";
  return name === "stuck" ? "" : name === "board" ? t("board") : t(`tab.${name}`);
}

function Alarm({ alarm, names }) {
  const page = mendedOn(alarm.page), isTaken = alarm.state === "acknowledged";
  const take = (note) => act(() => call("POST", `/alarms/${alarm.id}/acknowledge`, { note }),
    t("alarm.taken"));
  return html`<li class="slip ${isTaken ? "" : "off"}"><header><h3>${say(alarm.said)}</h3>
      <span class="state ${isTaken ? "" : "off"}">${t(`alarm.${alarm.state}`)}</span></header>
    <p class="quiet">${t("alarm.since", { at: when(alarm.since) })}
      ${alarm.told > 0 && html` · ${t("alarm.told", { n: alarm.told })}`}
      ${isTaken && html` · ${t("alarm.by", { at: when(alarm.acknowledged_at),
        who: nameOf(names, alarm.acknowledged_by) })}`}
      ${alarm.note && html` · ${alarm.note}`}</p>
    <div class="together wrap">${page && html`<a class="press small" href=${alarm.page}>
        ${t("alarm.look", { page })}</a>`}
      ${!isTaken && html`<${Sure} label=${t("alarm.take")} kind="small" note=${t("alarm.note")}
        text=${t("alarm.sure")} onGo=${take} />`}</div></li>`;
}

export function Alarms() {
  const asked = usePages(has("supervisor", "operator") ? `/alarms?store_id=${storeId()}` : null, "alarms");
  const names = useNames();
  if (!has("supervisor", "operator")) return null;
  return html`<${Panel} title=${t("alarms.title")} count=${asked.value?.alarms.length}>
    <${Loaded} of=${asked}>${({ alarms }) => alarms.length === 0
      ? html`<p class="quiet">${t("alarms.none")}</p>`
      : html`<ul class="slips">${alarms.map((alarm) => html`<${Alarm} key=${alarm.id}
        alarm=${alarm} names=${names} />`)}</ul>`}<//><${More} of=${asked} /><//>`;
}
