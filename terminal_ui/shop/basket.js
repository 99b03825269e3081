// basket: what the customer has chosen, at the right of wide screens and as a view of its own on a phone.
// Exports: Basket({isAside?}), BasketBar()
import { t, say } from "../core/i18n.js";
import { quantity } from "../core/format.js";
import { html } from "../core/view.js";
import { Amount, Back, Icon, Picture, Stepper, Totals } from "./parts.js";
import { cart, count, store, want } from "./state.js";

function Line({ line }) {
  const warned = line.notices.find((notice) => notice !== "price_changed") ?? line.notices[0];
  const args = { available: quantity(line.available, line.unit) };
  return html`<li class="line" data-sku=${line.sku}><${Picture} of=${line} />
    <div class="line-text"><p class="line-name">${say(line.names)}</p><p class="pack">${line.pack}</p>
      ${warned && html`<p class="line-notice"><${Icon} name="alert" />${t(`line.${warned}`, args)}
        ${warned === "less_available" && html`<button type="button" class="link"
          onClick=${() => want(line.sku, line.available)}>
          ${t("line.take_less", args)}</button>`}</p>`}</div>
    <b class="line-amount"><${Amount} minor=${line.amount} /></b>
    <div class="line-act"><button type="button" class="link" aria-label=${t("line.remove_name",
      { name: say(line.names) })}
      onClick=${() => want(line.sku, 0)}>${t("line.remove")}</button><${Stepper} product=${line} /></div>
        </li>`;
}

function FreeDelivery() {
  const { free_delivery_from: from, delivery_fee: fee } = store.value;
  const missing = from - cart.value.totals.goods;
  if (!fee || !from || missing <= 0) return null;
  return html`<p class="hint">${t("basket.free_before")}<b><${Amount} minor=${missing} />
    </b>${t("basket.free_after")}</p>`;
}

const mayOrder = () => store.value.open && count.value > 0 &&
  cart.value.lines.every(({ notices }) => !notices.some((one) => one !== "price_changed"));

export function Basket({ isAside = false }) {
  const title = t("basket.title");
  const head = isAside ? html`<h2>${title}</h2>` : html`<${Back} title=${title} />`;
  if (count.value === 0) {
    return html`<section class="basket">${head}<div class="nothing"><${Icon} name="basket" />
      <p>${t("basket.empty")}</p>
      ${!isAside && html`<a class="button" href="#/">${t("basket.look")}</a>`}</div></section>`;
  }
  return html`<section class="basket">${head}
    <ul class="lines">${cart.value.lines.map((line) => html`<${Line} key=${line.sku} line=${line} />`)}</ul>
    <${FreeDelivery} /><${Totals} totals=${cart.value.totals} />
    ${!store.value.open ? html`<p class="hint">${t("basket.closed")}</p>` : !mayOrder() && html`<p
      class="hint">${t("basket.look_again")}</p>`}
    <a class="button primary wide" href=${mayOrder() ? "#/checkout" : undefined} aria-disabled=${!mayOrder()}
      role="link">${t("basket.checkout")}</a></section>`;
}

export function BasketBar() {
  if (count.value === 0) return null;
  return html`<nav aria-label=${t("basket.title")}><a class="basket-bar" href="#/basket">
    <${Icon} name="basket" /><span>${t("basket.count", { n: count.value })}</span>
    <b><${Amount} minor=${cart.value.totals.goods} /></b><span class="bar-go">${t("basket.view")}</span></a>
      </nav>`;
}
