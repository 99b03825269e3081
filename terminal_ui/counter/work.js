// work: the counter's one page: who waits on the left, the rider's orders and bags on the right. Exports:
// Counter()
import { session } from "../core/api.js";
import { html, useSignal } from "../core/view.js";
import { t } from "../core/i18n.js";
import { Due, Elsewhere, OffDuty, Zone, heldOf, isOff } from "../core/parts.js";
import { scanner } from "../core/shell.js";
import { Button, Icon } from "../core/ui.js";
import { Orders } from "./orders.js";
import { giveUp, recalls } from "./recall.js";
import { leaving } from "./reduce.js";
import { arrival, busy, chosen, leave, refusal, released, shown } from "./state.js";

function RiderForm() {
  const code = useSignal("");
  const enter = (event) => {
    event.preventDefault();
    scanner.give(/^\d{6}$/.test(code.value.trim()) ? code.value.trim()
      : `BADGE-${code.value.trim().replace(/^BADGE-/i, "")}`);
    code.value = "";
  };
  return html`<form class="rider-form" onSubmit=${enter}><label class="field"><span>${t("rider.code")}</span>
      <input name="rider" autocomplete="off" autocapitalize="characters" required value=${code.value}
        onInput=${(event) => { code.value = event.currentTarget.value; }} /></label>
    <${Button} type="submit" disabled=${busy.value}>${t("rider.enter")}<//></form>`;
}

function WaitingRow({ ticket }) {
  const isShown = shown.value.some((one) => one.id === ticket.id);
  const isCold = ticket.cold?.some((clock) => clock.warning);
  return html`<li><button type="button" class="waiting-row" aria-current=${isShown ? "true" : undefined}
      disabled=${Boolean(arrival.value)}
        onClick=${() => { chosen.value = ticket.id; released.value = null; }}>
    <span class="waiting-order">${ticket.short_no}</span><${Due} at=${ticket.due_at} />
    <span class="waiting-facts"><b>${t("bag.of", { n: ticket.scanned, total: leaving(ticket).length })}</b>
      <span>${(ticket.shelf ?? []).join(" ")}</span>
      ${isCold && html`<span class="cold-warning"><${Icon}
        name="alert" />${t("cold.short")}</span>`}</span></button></li>`;
}

function Waiting() {
  const held = heldOf("handoff");
  return html`<aside class="waiting" aria-label=${t("waiting.title")}><${RiderForm} />
    <h1>${t("waiting.title")}</h1>
    ${held.length ? html`<ul>${held.map((ticket) => html`<${WaitingRow} key=${ticket.id}
      ticket=${ticket} />`)}</ul>`
      : html`<p class="lead">${t("waiting.empty")}</p>`}<${Elsewhere} stage="handoff" /></aside>`;
}

function Released() {
  const { short_no: order, bags, name, link, isVoid } = released.value;
  if (isVoid) return html`<div class="centre released" role="status"><${Icon} name="alert" />
    <h1 class="greeting">${t("voided.title", { order })}</h1><p class="lead">${t("voided.text")}</p></div>`;
  return html`<div class="centre released" role="status"><${Icon} name="right" />
    <h1 class="greeting">${t("released.title", { order })}</h1><p class="lead">${t("released.bags",
      { n: bags, name })}</p>
    ${link && html`<p class="ride-link">${t("released.link")}
      <img src=${`/ui/codes${link}.svg`} alt=${t("released.qr")} /><a href=${link}>${new URL(link,
        location.href).href}</a></p>`}
  </div>`;
}

function Idle() {
  return html`<div class="centre"><${Icon} name="scan" /><h1 class="greeting">${t("idle.title")}</h1>
    <p class="lead">${t("idle.lead")}</p></div>`;
}

function Recall() {
  const [recall] = recalls.value;
  const back = recall.bags.filter((bag) => bag.back).length;
  return html`<main class="recall"><${Icon} name="wrong" /><h1>${t("recall.title",
    { order: recall.short_no })}</h1>
    <p class="recall-lead" role="alert">${t("recall.lead")}</p>
    <p class="recall-count">${t("bag.of", { n: back, total: recall.bags.length })}</p>
    <ul>${recall.bags.map((bag) => html`<li key=${bag.code} class=${bag.back ? "back" : ""}>
      <${Icon} name=${bag.back ? "right" : "scan"} /><b>${t("bag.title",
        { n: bag.n })}</b> <${Zone} zone=${bag.temperature} />
      <span class="bag-code">${bag.code}</span>
      ${!bag.back && html`<${Button} onClick=${() =>
        giveUp(bag.code)}>${t("recall.lost")}<//>`}</li>`)}</ul></main>`;
}

export function Counter() {
  if (recalls.value.length) return html`<${Recall} />`;
  const isIdle = shown.value.length === 0 && !arrival.value;
  if (isIdle && heldOf("handoff").length === 0 && isOff()) {
    return html`<${OffDuty} />`;
  }
  const isFocused = !isIdle || released.value;
  return html`<main class="counter ${isFocused ? "focused" : ""}"
    data-person=${session.value.person.id}><${Waiting} />
    <section class="place">${!isIdle ? html`<${Orders} />` : released.value ? html`<${Released} />`
      : html`<${Idle} />`}
      ${isIdle && released.value && html`<div class="actions"><${Button} kind="primary" command="BACK"
        onClick=${() => { released.value = null; leave(); }}>${t("released.next")}<//></div>`}
      ${refusal.value && isIdle && html`<p class="refusal-band"
        role="alert">${refusal.value}</p>`}</section></main>`;
}
