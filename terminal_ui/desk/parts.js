// parts: small pieces of the pages at a desk, and one way to try a request there.
// Exports:
//   busy, refusal     signals: a request is under way; the sentence of the last refusal, or ""
//   explain(error)    → a sentence
//   attempt(request)  → true when it worked; a refusal becomes `refusal`
//   known(key, fallback, args?)   the word of a key, or the fallback where there is none
//   when(rfc3339)     the clock of the shop, with the date on another day
//   age(seconds)      "3 h", in the largest unit that fills
//   Press({kind?, onClick, …}), Panel({title, count?, children}), Refusal(), Text({label, value, …})
import { ApiError, session } from "../core/api.js";
import { now } from "../core/clock.js";
import { clockTime } from "../core/format.js";
import { locale, t } from "../core/i18n.js";
import { html, signal } from "../core/view.js";

const AGES = [["days", 86_400], ["hours", 3600], ["minutes", 60]];

export const refusal = signal("");
export const busy = signal(false);

export function explain(error) {
  if (!(error instanceof ApiError)) return t("error.unreachable");
  const key = `refused.${error.code}`;
  return t(key) === key ? error.message : t(key, error.problem);
}

export async function attempt(request) {
  if (busy.value) return false;
  busy.value = true;
  refusal.value = "";
  try {
    await request();
    return true;
  } catch (error) {
    // Whoever was logged out is asked to log in, and told why, by the page itself.
    refusal.value = error instanceof ApiError && error.code === "unauthenticated" ? "" : explain(error);
    return false;
  } finally {
    busy.value = false;
  }
}

/** The shop's clock, with the date on another day. */
export function when(text) {
  const zone = session.peek()?.store.tz;
  const day = (moment) => new Intl.DateTimeFormat(locale.value, { day: "numeric", month: "short",
    timeZone: zone }).format(moment);
  const [then, today] = [day(new Date(text)), day(now())];
  return then === today ? clockTime(text) : `${then} ${clockTime(text)}`;
}

export const known = (key, fallback, args) => t(key) === key ? fallback : t(key, args);

export function age(seconds) {
  const [unit, n] = AGES.find(([, length]) => seconds >= length) ?? AGES.at(-1);
  return t(`age.${unit}`, { n: Math.floor(seconds / n) });
}

export function Press({ kind = "", children, ...rest }) {
  return html`<button type="button" disabled=${busy.value} ...${rest}
    class="press ${kind}">${children}</button>`;
}

export function Panel({ title, count, children }) {
  return html`<section class="panel"><h2>${title}${count > 0 && html` <span class="count">${count}</span>`}
    </h2>${children}</section>`;
}

export const Refusal = () => html`<p class="refusal" role="alert">${refusal.value}</p>`;

export function Text({ label, value, ...rest }) {
  return html`<label class="field"><span>${label}</span><input ...${rest} value=${value.value}
    onInput=${(event) => { value.value = event.currentTarget.value; }} /></label>`;
}
