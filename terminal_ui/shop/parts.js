// parts: small pieces of the shop's views.
// Exports: Icon({name}), Picture({of}), Stepper({product, available}), Amount({minor}), Totals({totals,
//   from}), Back({to, title}), PHONE (the pattern of what the server takes for a number)
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { money } from "../core/money.js";
import { html } from "../core/view.js";
import { held, step, store, want } from "./state.js";

// The rider calls it: a slip of the thumb is told while it is typed. The server has the last word.
const BLANK = "[\\s.\\-\\(\\)]*", digits = (n) => `(?:${BLANK}[0-9]){${n}}${BLANK}`;
export const PHONE = `${BLANK}(?:1${BLANK}[3-9]${digits("9")}|[+]${BLANK}[1-9]${digits("6,14")})`;

const SHAPES = {
  basket: "M3 9h18l-2 11H5zM8 9l3-6M16 9l-3-6", search: "M10 4a6 6 0 1 0 .1 0M15 15l6 6",
    plus: "M12 5v14M5 12h14",
  minus: "M5 12h14", back: "M15 4l-8 8 8 8", orders: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
    check: "M4 13l6 6L21 6",
  pin: "M12 21s7-7 7-12a7 7 0 0 0-14 0c0 5 7 12 7 12zM12 9v.1", alert: "M12 3l10 18H2zM12 9v6M12 18v.1",
  clock: "M12 3a9 9 0 1 0 .1 0M12 7v5l4 2", close: "M6 6l12 12M18 6L6 18", down: "M5 9l7 7 7-7",
};

export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${SHAPES[name]} fill="none"
    stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" /></svg>`;
}

export function Picture({ of }) {
  if (of.picture) return html`<img class="picture" src=${of.picture} alt="" loading="lazy" width="160"
    height="160" />`;
  return html`<span class="picture letter ${of.zone ?? ""}" aria-hidden="true">${say(of.names).trim().slice(0,
    1)}</span>`;
}

export const Amount = ({ minor }) => html`${money(minor, store.value.currency)}`;

export function Stepper({ product, available = product.available }) {
  const now = held(product.sku), by = step(product), name = say(product.names);
  if (now === 0) {
    return html`<button type="button" class="add" disabled=${available < by} aria-label=${t("product.add",
      { name })}
      onClick=${() => want(product.sku, by)}><${Icon} name="plus" /></button>`;
  }
  return html`<span class="stepper" role="group" aria-label=${t("product.amount", { name })}>
    <button type="button" aria-label=${t("product.less", { name })} onClick=${() => want(product.sku,
      Math.max(0, now - by))}>
      <${Icon} name="minus" /></button>
    <output>${quantity(now, product.unit)}</output>
    <button type="button" aria-label=${t("product.more", { name })} disabled=${now + by > available}
      onClick=${() => want(product.sku, now + by)}><${Icon} name="plus" /></button></span>`;
}

export function Totals({ totals }) {
  const row = (key, minor, args) => html`<div><dt>${t(key, args)}</dt><dd><${Amount} minor=${minor} /></dd>
    </div>`;
  return html`<dl class="totals">${row("totals.goods", totals.goods)}
    ${totals.discount > 0 && row("totals.discount", -totals.discount)}
    ${totals.delivery > 0 ? row("totals.delivery", totals.delivery)
      : html`<div><dt>${t("totals.delivery")}</dt><dd>${t("totals.free")}</dd></div>`}
    ${totals.bags > 0 && row("totals.bags", totals.bags)}
    <div class="payable"><dt>${t("totals.payable")}</dt><dd><${Amount} minor=${totals.payable} /></dd></div>
    <div class="quiet"><dt>${t("totals.tax")}</dt><dd><${Amount} minor=${totals.tax_included} /></dd></div>
      </dl>`;
}

export function Back({ to = "", title }) {
  return html`<header class="view-head"><a class="round" href=${`#/${to}`} aria-label=${t("back")}>
    <${Icon} name="back" /></a>
    <h1>${title}</h1></header>`;
}
