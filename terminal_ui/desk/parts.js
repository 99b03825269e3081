// parts: small pieces of the pages at a desk, and one way to try a request there.
// Exports:
//   busy, refusal     signals: a request is under way; the sentence of the last refusal, or ""
//   explain(error)    → a sentence
//   attempt(request)  → true when it worked; a refusal becomes `refusal`
//   known(key, fallback, args?)   the word of a key, or the fallback where there is none
//   age(seconds)      "3 h", in the largest unit that fills
//   Press({kind?, onClick, …}), Panel({title, count?, children}), Refusal(), Text({label, value, …})
import { ApiError } from "../core/api.js";
import { t } from "../core/i18n.js";
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
    refusal.value = explain(error);
    return false;
  } finally {
    busy.value = false;
  }
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
