// webhooks: programs that are told of events: add, test, change, look at deliveries and replay them.
// Exports: Webhooks()
import { call, uuid } from "../core/api.js";
import { t } from "../core/i18n.js";
import { html, signal, useSignal } from "../core/view.js";
import { Panel, Press, Refusal, Text, busy, refusal } from "../desk/parts.js";
import { Choice, Loaded, More, Sure, when } from "./parts.js";
import { act, useAnswer, usePages } from "./state.js";

const STATES = ["dead", "queued", "sent"];
const secret = signal(null);

function Delivery({ one }) {
  const replay = () => act(() => call("POST",
    `/webhooks/${one.webhook_id}/deliveries/${one.id}/replay`), t("delivery.queued_again"));
  return html`<li class="slip ${one.state === "dead" ? "off" : ""}"><header><h3>${one.type}</h3>
      <span class="quiet">${when(one.created_at)}</span></header>
    <p class="quiet">${t("message.tried", { n: one.attempts })}
      ${one.status && html` · HTTP ${one.status}`}${one.error && one.error !== `http_${one.status}` && html` · ${one.error}`}
      ${one.order_no && html` · <a href=${`#/order/${one.order_no}`}>${t("order.title",
        { no: one.order_no })}</a>`}
      ${one.next_at && one.state === "queued" && html` · ${t("message.next",
        { at: when(one.next_at) })}`}</p>
    <details><summary>${t("delivery.body")}</summary><pre tabindex="0">${one.body}</pre></details>
    ${one.state !== "queued" && html`<${Sure} label=${t("delivery.replay")} kind="small"
      text=${t("delivery.replay_sure")} onGo=${replay} />`}</li>`;
}

function Deliveries({ hook }) {
  const state = useSignal("dead");
  const asked = usePages(`/webhooks/${hook.id}/deliveries?state=${state.value}`, "deliveries");
  return html`<${Choice} label=${t("messages.which")} of=${STATES} chosen=${state}
      word=${(name) => t(`messages.${name}`)} /><${Loaded} of=${asked}>${({ deliveries }) =>
    deliveries.length === 0 ? html`<p class="quiet">${t(`delivery.none_${state.value}`)}</p>`
      : html`<ul class="slips">${deliveries.map((one) => html`<${Delivery} key=${one.id} one=${one} />`)}
        </ul>`}<//><${More} of=${asked} />`;
}

function Hook({ hook }) {
  const isOpen = useSignal(false), isActive = hook.state === "active", path = `/webhooks/${hook.id}`;
  const change = (active) => () => act(() => call("PATCH", path, { active }),
    t(active ? "webhook.is_on" : "webhook.is_off"));
  const rotate = () => act(async () => { secret.value = (await call("POST", `${path}/rotate`)).secret; },
    t("webhook.rotated"));
  return html`<li class="slip ${isActive ? hook.failing_since ? "broken" : "" : "off"}"><header>
      <h3>${hook.url}</h3><span class="state ${isActive ? "on" : "off"}">${isActive ? t("webhook.active")
        : t(`webhook.disabled_${hook.disabled_for || "asked"}`)}</span></header>
    <p class="quiet">${hook.description && html`${hook.description} · `}${hook.types.length === 0 ? t("webhook.all") : hook.types.join(", ")}
      ${hook.failing_since && html` · ${t("webhook.failing", { at: when(hook.failing_since) })}`}</p>
    <div class="together wrap"><${Press} kind="small" aria-expanded=${isOpen.value}
        onClick=${() => { isOpen.value = !isOpen.value; }}>${t("webhook.deliveries")}<//>
      ${isActive && html`<${Press} kind="small" onClick=${() => act(() => call("POST", `${path}/test`),
        t("webhook.tested"))}>${t("webhook.test")}<//>`}
      <${Sure} label=${t(isActive ? "webhook.off" : "webhook.on")} kind="small"
        text=${t(isActive ? "webhook.off_sure" : "webhook.on_sure")} onGo=${change(!isActive)} />
      <${Sure} label=${t("webhook.rotate")} kind="small" text=${t("webhook.rotate_sure")} onGo=${rotate} />
      <${Sure} label=${t("webhook.end")} kind="small danger" text=${t("webhook.end_sure")}
        onGo=${() => act(() => call("DELETE", path), t("webhook.ended"))} /></div>
    ${isOpen.value && html`<div class="whole"><${Deliveries} hook=${hook} /></div>`}</li>`;
}

/** A secret is shown once: nobody can look it up later. Where the answer was lost on its way it is "". */
const Secret = () => secret.value !== null && html`<div class="secret" role="alert">
  <p>${t(secret.value ? "webhook.secret" : "webhook.secret_gone")}</p>
  ${secret.value && html`<p class="code">${secret.value}</p>`}
  <${Press} onClick=${() => { secret.value = null; }}>${t("webhook.noted")}<//></div>`;

function Add() {
  const url = useSignal(""), description = useSignal(""), isTried = useSignal(false);
  const add = async (event) => {
    event.preventDefault();
    isTried.value = true;
    const body = { url: url.value.trim(), description: description.value.trim() };
    const isDone = await act(async () => {
      secret.value = (await call("POST", "/webhooks", body, { idempotencyKey: uuid() })).secret ?? "";
    }, t("webhook.added"));
    if (!isDone) return;
    url.value = description.value = "";
    isTried.value = false;
  };
  return html`<form class="entry" onSubmit=${add} onInput=${() => { refusal.value = ""; }}>
    <h3>${t("webhook.add")}</h3><p class="quiet">${t("webhook.add_lead")}</p><div class="together wrap">
    <${Text} label=${t("webhook.url")} value=${url} name="url" type="url" maxlength="2000" required />
    <${Text} label=${t("webhook.description")} value=${description} name="description" maxlength="200" />
    <button type="submit" class="press" disabled=${busy.value}>${t("webhook.add_go")}</button></div>
    ${isTried.value && html`<${Refusal} />`}</form>`;
}

export function Webhooks() {
  const asked = useAnswer("/webhooks");
  return html`<${Panel} title=${t("webhooks.title")}><${Secret} /><${Loaded} of=${asked}>${({ webhooks }) =>
    webhooks.length === 0 ? html`<p class="quiet">${t("webhooks.none")}</p>` : html`<ul class="slips">
      ${webhooks.map((hook) => html`<${Hook} key=${hook.id} hook=${hook} />`)}</ul>`}<//><${Add} /><//>`;
}
