// messages: what people were told, and what was given up. Exports: Messages()
import { call } from "../core/api.js";
import { t } from "../core/i18n.js";
import { html, useSignal } from "../core/view.js";
import { Panel, known } from "../desk/parts.js";
import { Choice, Loaded, More, Sure, when } from "./parts.js";
import { act, has, storeId, usePages } from "./state.js";
import { Webhooks } from "./webhooks.js";

const STATES = ["dead", "queued", "sent"];

function Message({ one }) {
  const again = () => act(() => call("POST", `/messages/${one.id}/retry`), t("message.queued_again"));
  return html`<li class="slip ${one.state === "dead" ? "off" : ""}"><header>
      <h3>${known(`message.${one.kind}`, one.kind)}</h3>
      <span class="quiet">${when(one.created_at)}</span></header>
    <p>${t(`channel.${one.channel}`)} ${one.recipient}
      ${one.order_no && html` · <a href=${`#/order/${one.order_no}`}>${t("order.title",
        { no: one.order_no })}</a>`}</p>
    ${one.text && html`<p class="quiet">${one.text}</p>`}
    <p class="quiet">${t("message.tried", { n: one.attempts })}${one.error && html` · ${one.error}`}
      ${one.next_at && one.state === "queued" && html` · ${t("message.next",
        { at: when(one.next_at) })}`}</p>
    ${one.state === "dead" && html`<${Sure} label=${t("message.again")} kind="small"
      text=${t("message.again_sure")} onGo=${again} />`}</li>`;
}

function Sent() {
  const state = useSignal("dead");
  const asked = usePages(`/messages?store_id=${storeId()}&state=${state.value}`, "messages");
  return html`<${Panel} title=${t("messages.title")}><${Choice} label=${t("messages.which")} of=${STATES}
      chosen=${state} word=${(name) => t(`messages.${name}`)} />
    <${Loaded} of=${asked}>${({ messages }) => messages.length === 0 ? html`<p class="quiet">
      ${t(`messages.none_${state.value}`)}</p>` : html`<ul class="slips wide">${messages.map((one) => html`
        <${Message} key=${one.id} one=${one} />`)}</ul>`}<//><${More} of=${asked} /><//>`;
}

export function Messages() {
  if (!has("supervisor", "operator")) return html`<${Panel} title=${t("messages.title")}>
    <p>${t("act.not_yours")}</p><//>`;
  return html`<div class="aside"><${Sent} />${has() && html`<${Webhooks} />`}</div>`;
}
