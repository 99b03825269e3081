// checkout: who receives the order, when, and the last look at the sum. Exports: Checkout()
import { say, t } from "../core/i18n.js";
import { quantity } from "../core/format.js";
import { html, useEffect, useSignal } from "../core/view.js";
import { Missing } from "./missing.js";
import { Amount, Back, Icon, PHONE, Totals } from "./parts.js";
import { PLACES, askAgain, busy, contact, followPromise, place, position, problem, promise, slot,
  unanswered } from "./placing.js";
import { cart, store, want } from "./state.js";
import { minutesUntil, when } from "./times.js";

const change = (name) => (event) => { contact.value = { ...contact.value,
  [name]: event.currentTarget.value }; };

function Field({ name, ...rest }) {
  return html`<label class="field"><span>${t(`contact.${name}`)}</span>
    <input ...${rest} name=${name} required value=${contact.value[name]} onInput=${change(name)} /></label>`;
}

function Where() {
  const failed = useSignal(false);
  const choose = (key) => { contact.value = { ...contact.value, place: key }; };
  const locate = () => navigator.geolocation?.getCurrentPosition(({ coords }) => {
    contact.value = { ...contact.value, place: "here", lat: coords.latitude, lng: coords.longitude };
    failed.value = false;
  }, () => { failed.value = true; }, { timeout: 10_000, maximumAge: 600_000 });
  const option = (key, act) => html`<label class="option" key=${key}><input type="radio" name="place"
    value=${key}
    checked=${contact.value.place === key} onChange=${act} /><span>${t(`place.${key}`)}</span></label>`;
  return html`<fieldset class="options"><legend>${t("place.title")}</legend>
    ${PLACES.filter(({ metres }) => metres < store.value.radius_m).map(({ key }) => option(key,
      () => choose(key)))}
    ${navigator.geolocation && option("here", locate)}
    ${failed.value && html`<p class="refusal" role="alert">${t("place.failed")}</p>`}</fieldset>`;
}

function Promised() {
  const { ok, deliver_at: at } = promise.value;
  if (!ok) return html`<p class="promise no"><${Icon} name="alert" />
    <span>${t(`why.${promise.value.why_not}`)}</span></p>`;
  return html`<p class="promise"><${Icon} name="clock" /><span>${t("promise.by")} <b>${when(at)}</b>
    <small>${t("promise.minutes", { n: minutesUntil(at) })}</small></span></p>`;
}

function When() {
  if (!position(contact.value)) return null;
  if (!promise.value) return html`<section class="panel"><h2>${t("when.title")}</h2>
    <p role="status">${t("when.asking")}</p></section>`;
  const option = (value, label) => html`<label class="option" key=${value}><input type="radio" name="slot"
    checked=${slot.value === value} onChange=${() => { slot.value = value; }} /><span>${label}</span>
      </label>`;
  return html`<section class="panel"><h2>${t("when.title")}</h2><div role="status"><${Promised} /></div>
    <fieldset class="options slots"><legend class="unseen">${t("when.title")}</legend>${option(null,
      t("when.soonest"))}
    ${promise.value.slots.map(({ from, to }) => option(to, `${when(from)} – ${when(to, from)}`))}</fieldset>
      </section>`;
}

/** Lines that lack, each with one tap that sets them right. */
function Lacking({ lines }) {
  return html`<ul class="lacking">${lines.map(({ sku, available }) => {
    const line = cart.value?.lines.find((one) => one.sku === sku);
    if (!line) return null;
    return html`<li key=${sku}>${say(line.names)}<button type="button" class="button"
      onClick=${() => want(sku, available)}>
      ${available ? t("line.take_less", { available: quantity(available, line.unit) })
        : t("line.remove")}</button></li>`;
  })}</ul>`;
}

export function Problem() {
  if (!problem.value) return null;
  const { code, args } = problem.value;
  const key = `refused.${code}`;
  return html`<div class="problem" role="alert"><${Icon} name="alert" /><div>
    <p>${t(key) === key ? t("refused.unknown") : t(key, args.opens_at ? { ...args, at: when(args.opens_at) }
      : args)}</p>
    ${code === "out_of_stock" && args.lines && html`<${Lacking} lines=${args.lines} />`}
    ${["price_changed", "cart_changed"].includes(code) && html`<a class="link"
      href="#/basket">${t("problem.basket")}</a>`}</div></div>`;
}

function Unanswered() {
  return html`<section class="view narrow"><${Back} title=${t("unanswered.title")} />
    <p>${t("unanswered.lead")}</p><${Problem} />
    <button type="button" class="button primary wide" disabled=${busy.value}
      onClick=${askAgain}>${t("unanswered.again")}</button></section>`;
}

function Form() {
  useEffect(followPromise, []);
  const submit = (event) => { event.preventDefault(); place(); };
  const isReady = promise.value?.ok && position(contact.value);
  return html`<form class="view checkout" onSubmit=${submit}><${Back} to="basket"
    title=${t("checkout.title")} />
    <div class="checkout-parts"><div>
      <section class="panel"><h2>${t("contact.title")}</h2>
        <${Field} name="name" autocomplete="name" maxlength="80" />
        <${Field} name="phone" type="tel" autocomplete="tel" maxlength="32" pattern=${PHONE}
          title=${t("refused.wrong_phone")} />
        <${Field} name="address" autocomplete="street-address" maxlength="300" /><${Where} />
        <label class="field"><span>${t("contact.note")}</span><input name="note" maxlength="300"
          value=${contact.value.note}
          onInput=${change("note")} /></label></section>
      <${When} /><${Missing} /></div>
    <div><section class="panel"><h2>${t("sum.title")}</h2>
      <p class="pack">${t("basket.count", { n: cart.value.lines.length })}</p>
      <${Totals} totals=${cart.value.totals} /><${Problem} />
      <button type="submit" class="button primary wide" disabled=${busy.value || !isReady}>
        ${busy.value ? t("sum.sending") : html`${t("sum.order")} · <${Amount}
          minor=${cart.value.totals.payable} />`}</button></section>
    </div></div></form>`;
}

export function Checkout() {
  if (unanswered.value && !busy.value) return html`<${Unanswered} />`;
  if (!cart.value?.lines.length) {
    return html`<section class="view narrow"><${Back} title=${t("checkout.title")} />
      <p class="empty">${t("basket.empty")}</p></section>`;
  }
  return html`<${Form} />`;
}
