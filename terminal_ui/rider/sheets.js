// sheets: what covers a delivery: the badge for the counter, the PIN of the customer, reasons to bring goods
// back.
// Exports: Badge({ticket}), PinPad({ticket}), Return({ticket}), Refuse({ticket})
import { session } from "../core/api.js";
import { html, useEffect, useSignal } from "../core/view.js";
import { t } from "../core/i18n.js";
import { Button, Icon, Screen } from "../core/ui.js";
import { isWithRider } from "./reduce.js";
import { bringBack, deliver, mayLeave, refuse, sheet } from "./state.js";

const PIN_LENGTH = 4;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
const REASONS = ["customer_absent", "customer_refused", "wrong_address", "damaged", "other"];
const WHY_REFUSED = ["customer_refused", "damaged", "wrong", "other"];
const assets = document.documentElement.dataset.assets.replace(/\/v-[^/]+$/, "");
const back = () => { sheet.value = ""; };

export function Badge({ ticket }) {
  const { badge } = session.value.person;
  const isReleased = isWithRider(ticket);
  useEffect(() => { if (isReleased) back(); }, [isReleased]);
  return html`<${Screen} title=${t("badge.title")} class="screen badge-page" back=${back}>
    <p class="lead">${t("badge.lead")}</p>
    <img class="badge" src=${`${assets}/codes/badge/${encodeURIComponent(badge)}.svg`} alt=${t("badge.alt",
      { badge })} />
    <p class="badge-text">${badge}</p>
    <ul class="bags">${ticket.bags.map((bag) => html`<li key=${bag.code}>
      <b>${t("bag.of", { n: bag.n,
        total: ticket.bags.length })}</b><strong>${bag.place ?? ""}</strong></li>`)}</ul><//>`;
}

function Pad({ pin }) {
  const add = (digit) => { if (pin.value.length < PIN_LENGTH) pin.value += digit; };
  return html`<div class="pad" role="group" aria-label=${t("pin.pad")}>
    ${KEYS.map((digit) => html`<${Button} key=${digit} onClick=${() => add(digit)}>${digit}<//>`)}
    <${Button} onClick=${() => { pin.value = ""; }} aria-label=${t("pin.clear")}><${Icon} name="wrong" /><//>
    <${Button} onClick=${() => add("0")}>0<//>
    <${Button} onClick=${() => { pin.value = pin.value.slice(0, -1); }} aria-label=${t("pin.back")}><${Icon}
      name="back" /><//></div>`;
}

export function PinPad({ ticket }) {
  const pin = useSignal(""), isWithout = useSignal(false);
  if (isWithout.value) return html`<${WithoutPin}
    ticket=${ticket} onBack=${() => { isWithout.value = false; }} />`;
  const isFull = pin.value.length === PIN_LENGTH;
  return html`<${Screen} title=${t("pin.title")} class="screen pin-page" back=${back} actions=${html`
      <${Button} command="NOPIN" onClick=${() => { isWithout.value = true; }}>${t("pin.without")}<//>
      <${Button} kind="primary" command="CONFIRM" disabled=${!isFull} onClick=${() => deliver(ticket,
        pin.value)}>
        ${t("act.deliver")}<//>`}>
    <p class="lead">${t("pin.lead")}</p>
    <output class="pin" aria-label=${t("pin.entered",
      { n: pin.value.length })}>${Array.from({ length: PIN_LENGTH }, (_, at) =>
      html`<span key=${at} class=${pin.value[at] ? "filled" : ""}>${pin.value[at] ?? ""}</span>`)}</output>
    <${Pad} pin=${pin} /><//>`;
}

function WithoutPin({ ticket, onBack }) {
  return html`<${Screen} title=${t("without.title")} back=${onBack} actions=${html`
      <${Button} kind="primary" command="CONFIRM" onClick=${() => deliver(ticket)}>${t("without.go")}<//>`}>
    <p class="lead">${t("without.lead")}</p><//>`;
}

export function Return({ ticket }) {
  return html`<${Screen} title=${t("return.title")} back=${back}><p class="lead">${t("return.first")}</p>
    <div class="reasons">${(ticket.recalled ? ["cancelled", ...REASONS] : REASONS).map((reason) => html`<${Button} key=${reason}
      command=${reason.toUpperCase()} disabled=${reason === "customer_absent" && !mayLeave(ticket)}
      onClick=${() => bringBack(ticket, reason)}>${t(`return.${reason}`)}<//>`)}</div><//>`;
}

export function Refuse({ ticket }) {
  const chosen = useSignal([]);
  const toggle = (code) => {
    chosen.value = chosen.value.includes(code) ? chosen.value.filter((one) => one !== code)
      : [...chosen.value, code];
  };
  const isPart = chosen.value.length > 0 && chosen.value.length < ticket.bags.length;
  return html`<${Screen} title=${t("refuse.title")} back=${back}><p class="lead">${t("refuse.lead")}</p>
    <div class="reasons">${ticket.bags.map((bag) => html`<${Button} key=${bag.code}
      aria-pressed=${chosen.value.includes(bag.code)} kind=${chosen.value.includes(bag.code) ? "primary" : ""}
      onClick=${() => toggle(bag.code)}>${t("bag.of", { n: bag.n, total: ticket.bags.length })}<//>`)}</div>
    <div class="reasons">${WHY_REFUSED.map((reason) => html`<${Button} key=${reason} disabled=${!isPart}
      command=${reason.toUpperCase()}
      onClick=${() => refuse(ticket, chosen.value, reason)}>${t(`refuse.${reason}`)}<//>`)}</div><//>`;
}
