// state: the shop, what it sells, and the basket.
// Exports:
//   store                signal, the chosen shop as GET /stores gives it, or null while it loads
//   categories           signal, [{slug, names, icon, products}]
//   search, category     signals, what the customer looks for
//   products             signal, {list, cursor, loading, failed}
//   cart                 signal, the whole cart of the last answer, or null before there is one
//   count                computed, how many lines the basket has
//   held(sku)            how much of a product is in the basket, wishes not yet answered included
//   want(sku, quantity)  puts that much into the basket; the last wish wins
//   step(product)        what one tap adds: a piece, or 100 g
//   notice               signal, a sentence for the customer, or ""
//   stores, choose(store)  all shops, and going into one
//   tell(text), explain(error) → a sentence
//   begin(), more(), again(), loadCart(), takeCart(cart), settled() → when every wish is answered
import { ApiError } from "../core/api.js";
import { setTimeZone } from "../core/format.js";
import { t } from "../core/i18n.js";
import { ask } from "../core/open.js";
import { computed, effect, signal } from "../core/view.js";
import { asOwner, owner } from "./account.js";

const STORE = "fulfil.shop.store";
const GRAMS_STEP = 100;
const PAGE_PRODUCTS = 24;
const TYPING_MS = 250;
const NOTICE_MS = 6000;
const STORE_MS = 60_000;

export const store = signal(null);
export const categories = signal([]);
export const search = signal("");
export const category = signal("");
export const products = signal({ list: [], cursor: null, loading: true, failed: false });
export const cart = signal(null);
export const notice = signal("");
const wishes = signal(new Map());

export const count = computed(() => cart.value?.lines.length ?? 0);
export const step = ({ unit }) => unit === "g" ? GRAMS_STEP : 1;

let quietAt = 0;
export function tell(text) {
  notice.value = text;
  clearTimeout(quietAt);
  quietAt = setTimeout(() => { notice.value = ""; }, NOTICE_MS);
}

export function explain(error, args = {}) {
  const key = error instanceof ApiError ? `refused.${error.code}` : "error.unreachable";
  return t(key) === key ? t("refused.unknown") : t(key, { ...error.problem, ...args });
}

const cartPath = () => `/stores/${store.peek().id}/carts/online`;

export function takeCart(answer) {
  // Answers of two requests may overtake each other: the newer cart stays.
  if (!cart.peek() || answer.version >= cart.peek().version) cart.value = answer;
}

export async function loadCart() {
  cart.value = owner() ? await asOwner("GET", cartPath()) : null;
}

export function held(sku) {
  const wished = wishes.value.get(sku);
  return wished ?? cart.value?.lines.find((line) => line.sku === sku)?.quantity ?? 0;
}

let sending = null;

export function want(sku, quantity) {
  wishes.value = new Map(wishes.value).set(sku, quantity);
  sending ??= send().finally(() => { sending = null; });
}

export const settled = () => sending ?? Promise.resolve();

async function send() {
  while (wishes.peek().size) {
    const [sku, quantity] = wishes.peek().entries().next().value;
    try {
      takeCart(await asOwner("POST", `${cartPath()}/items`, { sku, op: "set", quantity }));
    } catch (error) {
      tell(explain(error));
      drop(sku, wishes.peek().get(sku));
      continue;
    }
    drop(sku, quantity);
  }
}

/** The wish is answered, unless the customer has wished anew meanwhile. */
function drop(sku, quantity) {
  if (wishes.peek().get(sku) !== quantity) return;
  const left = new Map(wishes.peek());
  left.delete(sku);
  wishes.value = left;
}

let asked = 0;

async function page(cursor) {
  const mine = ++asked;
  products.value = { ...products.peek(), ...(!cursor && { list: [] }), loading: true, failed: false };
  const query = new URLSearchParams({ q: search.peek().trim(), category: category.peek(),
    limit: PAGE_PRODUCTS,
    ...(cursor && { cursor }) });
  try {
    const answer = await ask("GET", `/stores/${store.peek().id}/products?${query}`);
    if (mine !== asked) return;
    products.value = { list: [...products.peek().list, ...answer.products], cursor: answer.cursor,
      loading: false,
      failed: false };
  } catch {
    if (mine === asked) products.value = { ...products.peek(), loading: false, failed: true };
  }
}

export const more = () => { if (!products.peek().loading) page(products.peek().cursor); };
export const again = () => page(null);

export const stores = signal([]);

export async function choose(chosen) {
  localStorage.setItem(STORE, chosen.id);
  setTimeZone(chosen.tz);
  cart.value = null;
  category.value = "";
  store.value = chosen;
  page(null);
  categories.value = (await ask("GET", `/stores/${chosen.id}/categories`)).categories;
  await loadCart();
}

async function lookAgain() {
  if (document.hidden) return;
  stores.value = (await ask("GET", "/stores")).stores;
  store.value = stores.value.find(({ id }) => id === store.peek()?.id) ?? store.peek();
}

export async function begin() {
  stores.value = (await ask("GET", "/stores")).stores;
  const remembered = localStorage.getItem(STORE);
  const chosen = stores.value.find(({ id }) => id === remembered) ?? stores.value[0];
  // Who types while the shop is still loading is heard once it has.
  let typing = 0, looked = search.peek() + category.peek();
  if (chosen) await choose(chosen);
  effect(() => {
    const looks = search.value + category.value;
    if (looks === looked) return;
    looked = looks;
    clearTimeout(typing);
    typing = setTimeout(() => page(null), TYPING_MS);
  });
  // Opening, locking and prices of delivery change while somebody looks around.
  setInterval(() => lookAgain().catch(() => {}), STORE_MS);
}
