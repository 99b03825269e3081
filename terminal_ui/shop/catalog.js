// catalog: what the shop sells. Exports: Catalog()
import { t, say } from "../core/i18n.js";
import { html, useEffect, useRef } from "../core/view.js";
import { Amount, Icon, Picture, Stepper } from "./parts.js";
import { again, categories, category, more, products, search } from "./state.js";

const FEW_PIECES = 5;
const FEW_GRAMS = 1000;

const isFew = ({ available, unit }) => available <= (unit === "g" ? FEW_GRAMS : FEW_PIECES);

function Stock({ product }) {
  if (product.available === 0) return html`<span class="stock none">${t("product.sold_out")}</span>`;
  if (!isFew(product)) return null;
  const key = product.unit === "g" ? "product.few_grams" : "product.few";
  return html`<span class="stock">${t(key, { n: product.available })}</span>`;
}

function Product({ product }) {
  const isGone = product.available === 0;
  return html`<li class="product ${isGone ? "gone" : ""}" data-sku=${product.sku}><${Picture} of=${product} />
    ${product.zone !== "ambient" && html`<span
      class="cold ${product.zone}">${t(`zone.${product.zone}`)}</span>`}
    <h3>${say(product.names)}</h3><p class="pack">${product.pack}</p><${Stock} product=${product} />
    <p class="price"><b><${Amount} minor=${product.price} /></b>${product.unit === "g"
      && html`<small> ${t("product.per_kg")}</small>`}</p>
    <${Stepper} product=${product} /></li>`;
}

function Categories() {
  const chip = (slug, label, icon) => html`<li key=${slug}><button type="button" class="chip"
    aria-pressed=${category.value === slug}
    onClick=${() => { category.value = slug; }}>${icon && html`<span
      aria-hidden="true">${icon}</span>`}${label}</button></li>`;
  return html`<nav aria-label=${t("catalog.categories")}><ul class="chips">${chip("", t("catalog.all"))}
    ${categories.value.map((one) => chip(one.slug, say(one.names), one.icon))}</ul></nav>`;
}

/** The end of the list, which loads more as it comes into sight; it is a button for everybody else. */
function More() {
  const place = useRef(null);
  useEffect(() => {
    const seen = new IntersectionObserver(([entry]) => { if (entry.isIntersecting) more(); },
      { rootMargin: "600px" });
    seen.observe(place.current);
    return () => seen.disconnect();
  }, [products.value.cursor]);
  return html`<button type="button" class="button wide" ref=${place}
    onClick=${more}>${t("catalog.more")}</button>`;
}

function Skeletons() {
  return html`<ul class="products" aria-hidden="true">${[1, 2, 3, 4, 5, 6].map((n) => html`<li key=${n}
    class="product skeleton"></li>`)}</ul>`;
}

export function Catalog() {
  const { list, cursor, loading, failed } = products.value;
  return html`<section class="catalog"><h1 class="unseen">${t("catalog.title")}</h1>
    <label class="search"><span class="unseen">${t("catalog.search")}</span><${Icon} name="search" />
      <input type="search" name="q" placeholder=${t("catalog.search")} autocomplete="off"
        enterkeyhint="search"
        value=${search.value} onInput=${(event) => { search.value = event.currentTarget.value; }} /></label>
    <${Categories} /><h2 class="unseen">${t("catalog.products")}</h2>
    <ul class="products">${list.map((product) => html`<${Product} key=${product.sku}
      product=${product} />`)}</ul>
    ${loading && list.length === 0 && html`<${Skeletons} />`}
    <p class="unseen" role="status">${loading ? t("catalog.loading") : t("catalog.found",
      { n: list.length })}</p>
    ${!loading && !failed && list.length === 0 && html`<p class="empty">${t("catalog.empty")}</p>`}
    ${failed && html`<div class="nothing"><p>${t("error.unreachable")}</p><button type="button" class="button"
      onClick=${again}>${t("again")}</button></div>`}
    ${cursor && !failed && html`<${More} />`}</section>`;
}
