// stock: what the books say of a product, how it came to be, and putting it right. Exports: Goods({id})
import { call } from "../core/api.js";
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { money } from "../core/money.js";
import { startScanner } from "../core/scanner.js";
import { useOnce } from "../core/once.js";
import { html, useEffect, useRef, useSignal } from "../core/view.js";
import { Panel, Refusal, Text, busy, known, refusal } from "../desk/parts.js";
import { actorName } from "../desk/timeline.js";
import { Loaded, Rows, when } from "./parts.js";
import { go } from "./route.js";
import { SaleButton, Shelves } from "./shelves.js";
import { act, has, storeId, useAnswer } from "./state.js";

const FIGURES = ["shelf", "on_hand", "reserved", "quarantine", "picked", "buffer", "available"];
// Their reference is a person's own words; those of the house are numbers.
const TOLD = ["receipt", "sale", "adjust"];
const WHOLE = "\\d{1,7}";
const REF_CHARS = 6;

const path = (code) => `stock/${encodeURIComponent(code)}`;

function Look({ id }) {
  const code = useSignal(""), field = useRef(null);
  useEffect(() => {
    const scanner = startScanner((scanned) => go(path(scanned)));
    return scanner.stop;
  }, []);
  const look = (event) => {
    event.preventDefault();
    if (code.value.trim()) go(path(code.value.trim()));
    code.value = "";
  };
  return html`<${Panel} title=${t("stock.title")}><form class="look" role="search" onSubmit=${look}>
    <input ref=${field} type="search" name="code" aria-label=${t("stock.label")} autocomplete="off"
      placeholder=${t("stock.label")} value=${code.value} maxlength="80"
      onInput=${(event) => { code.value = event.currentTarget.value; }} />
    <button type="submit" class="press strong">${t("search.go")}</button></form>
    ${!id && html`<p class="quiet">${t("stock.hint")}</p>`}<//>`;
}

/** One number and one word: counting, receiving, adjusting. */
function Entry({ name, goods, reason, onGo, pattern = WHOLE }) {
  const number = useSignal(""), why = useSignal(""), isTried = useSignal(false);
  const submit = async (event) => {
    event.preventDefault();
    isTried.value = true;
    if (await onGo(Number(number.value), why.value.trim())) {
      number.value = why.value = "";
      isTried.value = false;
    }
  };
  return html`<form class="entry" onSubmit=${submit} onInput=${() => { refusal.value = ""; }}>
    <h3>${t(`stock.${name}`)}</h3><p class="quiet">${t(`stock.${name}_lead`)}</p>
    <div class="together wrap"><${Text} label=${t(`stock.${name}_number`, { unit: t(`unit.${goods.unit}`) })}
      value=${number} name=${name} inputmode="numeric" pattern=${pattern} autocomplete="off" required />
    ${reason && html`<${Text} label=${reason} value=${why} name=${`${name}-reason`} maxlength="60"
      autocomplete="off" required />`}
    <button type="submit" class="press" disabled=${busy.value}>${t(`stock.${name}_go`)}</button></div>
    ${isTried.value && html`<${Refusal} />`}</form>`;
}

function Keep({ goods }) {
  const shop = storeId();
  const count = (shelf) => act(() => call("PUT", `/stores/${shop}/stock/${goods.sku}`, { shelf }),
    t("stock.count_done"));
  const receiving = useOnce(), adjusting = useOnce();
  const post = (delta, why, adjusts) => act(() => (adjusts ? adjusting : receiving)((idempotencyKey) => call(
    "POST", `/stores/${shop}/stock/movements`, { sku: goods.sku, delta, adjusts,
      source_ref: `${why} #${idempotencyKey.slice(0, REF_CHARS)}` }, { idempotencyKey })), t("stock.post_done"));
  return html`<${Panel} title=${t("stock.keep")}>
    <${Entry} name="count" goods=${goods} onGo=${count} />
    <${Entry} name="receive" goods=${goods} reason=${t("stock.slip")}
      onGo=${(n, why) => post(n, why, false)} />
    <${Entry} name="adjust" goods=${goods} reason=${t("note.reason")} pattern=${`[-+]?${WHOLE}`}
      onGo=${(n, why) => post(n, why, true)} /><//>`;
}

function Movements({ goods }) {
  const orderLink = (no) => html`<a href=${`#/order/${no}`}>${t("order.title", { no })}</a>`;
  const causeOf = (one) => one.order_no ? orderLink(one.order_no)
    : TOLD.includes(one.kind) ? one.source_ref.replace(/^[a-z]+:/, "").replace(/ #\w+$/, "") : "";
  const rowOf = (one) => ({ key: one.id, cells: [when(one.at),
    html`<b class="number">${one.delta > 0 ? "+" : ""}${one.delta}</b>`,
    known(`movement.${one.kind}`, one.kind),
    html`${causeOf(one)} <span class="quiet">${actorName(one.actor,
      (id) => say(goods.people[id]) || t("actor.program"))}</span>`] });
  return html`<${Panel} title=${t("movements.title")}>${goods.movements.length === 0
    ? html`<p class="quiet">${t("movements.none")}</p>`
    : html`<${Rows} caption=${t("movements.title")} rows=${goods.movements.map(rowOf)}
      columns=${["at", "delta", "kind", "cause"].map((name) => t(`movements.${name}`))} />`}<//>`;
}

function Shown({ goods }) {
  return html`<div class="columns"><div class="aside"><${Panel} title=${say(goods.names)}>
      <p class="quiet">${goods.sku} · ${goods.pack} · ${t(`zone.${goods.zone}`)} · ${goods.location}
        ${goods.price != null && html` · ${money(goods.price, goods.currency)}`}
        ${!goods.on_sale && html` <span class="tag held">${t("stock.delisted")}</span>`}</p>
      ${goods.price != null && html`<${SaleButton} sku=${goods.sku} onSale=${goods.on_sale} />`}
      <dl class="tiles">${FIGURES.map((name) => html`<div key=${name} class=${name}><dt>
        ${t(`stock.${name}`)}</dt><dd>${quantity(goods[name], goods.unit)}</dd></div>`)}</dl>
      ${goods.shortages.length > 0 && html`<ul class="plain">${goods.shortages.map((one) => html`<li
        key=${`${one.order_no}-${one.line_no}`}><a href=${`#/order/${one.order_no}`}>${t("stock.short",
          { no: one.order_no, n: quantity(one.quantity, goods.unit) })}</a></li>`)}</ul>`}<//>
      <${Movements} goods=${goods} /></div>
    <div class="aside"><${Keep} goods=${goods} key=${goods.sku} /></div></div>`;
}

function One({ code }) {
  const asked = useAnswer(`/console/stock/${encodeURIComponent(code)}?store_id=${storeId()}`);
  return html`<${Loaded} of=${asked}>${(goods) => html`<${Shown} goods=${goods} />`}<//>`;
}

export function Goods({ id }) {
  if (!has("supervisor", "operator")) return html`<${Panel} title=${t("stock.title")}>
    <p>${t("act.not_yours")}</p><//>`;
  return html`<div class="aside"><${Look} id=${id} />${id ? html`<${One} key=${id} code=${id} />`
    : html`<${Shelves} />`}</div>`;
}
