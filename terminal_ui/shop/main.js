// main: the frame of the shop: head, the view of the address, the basket beside it or below it.
import { loadDictionaries, locale, say, setLocale, t } from "../core/i18n.js";
import { effect, html, render, signal } from "../core/view.js";
import { member } from "./account.js";
import { Basket, BasketBar } from "./basket.js";
import { Catalog } from "./catalog.js";
import { Checkout } from "./checkout.js";
import { Member } from "./member.js";
import { Order, Orders, Pay } from "./orders.js";
import { route } from "./route.js";
import { begin, choose, notice, store, stores } from "./state.js";
import { when } from "./times.js";

const failed = signal(false);

const VIEWS = { home: Catalog, basket: Basket, checkout: Checkout, orders: Orders, order: Order, pay: Pay,
  member: Member };

function Language() {
  const other = locale.value === "en" ? "zh-CN" : "en";
  return html`<button type="button" class="head-link" lang=${other} onClick=${() => setLocale(other)}>
    ${other === "en" ? "English" : "中文"}</button>`;
}

function ShopName() {
  if (stores.value.length < 2) return html`<b>${say(store.value.names)}</b>`;
  return html`<select aria-label=${t("head.shop")} onChange=${(event) =>
      choose(stores.value.find(({ id }) => id === event.currentTarget.value))}>
    ${stores.value.map((one) => html`<option value=${one.id}
      selected=${one.id === store.value.id}>${say(one.names)}</option>`)}</select>`;
}

function Opening() {
  const { open, opens_at: at, state_reason: reason } = store.value;
  if (open) return html`<span class="opening">${t("shop.open")}</span>`;
  return html`<span class="opening closed">${at ? t("shop.opens", { at: when(at) })
    : t("shop.closed")}${reason && ` · ${reason}`}</span>`;
}

function Head() {
  return html`<header class="head"><a class="brand" href="#/" aria-label=${t("head.home")}><span class="logo"
    aria-hidden="true">福</span></a>
    <div class="head-shop">${store.value && html`<${ShopName} /><${Opening} />`}</div>
    <nav class="head-links" aria-label=${t("head.links")}><${Language} />
      <a class="head-link" href="#/member">${t(member.value ? "head.member" : "head.sign_in")}</a>
      <a class="head-link" href="#/orders">${t("head.orders")}</a></nav></header>`;
}

function Shop() {
  const { name, id } = route.value;
  const View = VIEWS[name] ?? Catalog;
  const isHome = View === Catalog;
  if (failed.value) return html`<${Head} /><main class="nothing"><h1>${t("error.unreachable")}</h1>
    <button type="button" class="button primary" onClick=${start}>${t("again")}</button></main>`;
  return html`<${Head} /><div class="page ${isHome ? "with-basket" : ""}">
      <main key=${name}>${store.value && html`<${View} id=${id} />`}</main>
      ${isHome && store.value && html`<aside class="aside" aria-label=${t("basket.title")}>
        <${Basket} isAside /></aside>`}</div>
    ${isHome && html`<${BasketBar} />`}
    <p class="notice ${notice.value ? "" : "unseen"}" role="status">${notice.value}</p>`;
}

async function start() {
  failed.value = false;
  await begin().catch(() => { failed.value = true; });
}

await loadDictionaries(["shop"]);
effect(() => { document.title = t("title"); });
render(html`<${Shop} />`, document.getElementById("app"));
start();
