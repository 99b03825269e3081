// parts: small pieces of the console.
// Exports:
//   Loaded({of, children})     children(answer) once there is one; before that a word, or why there is none
//   More({of})                 a button for the next page of what `usePages` gave, where there is one
//   Sure({label, text, go, onGo, kind?, note?, why?})   a button that asks first: what will happen, a note if
//                              `note` names one, and a way out. `why`: it can't be pressed, and this is why
//   Rows({columns, rows, caption})   a table that becomes cards on a phone; rows are {key, cells, tone?}
//   Choice({label, of, chosen, word})   one of a few, as buttons; `chosen` is a signal
//   Money({minor, currency})   an amount
//   when(rfc3339)              the shop's clock, with the date on another day
import { t } from "../core/i18n.js";
import { money } from "../core/money.js";
import { html, useRef, useSignal, useLayoutEffect } from "../core/view.js";
import { Press, Refusal, Text, refusal } from "../desk/parts.js";

export { Rows } from "../desk/charts.js";
export { when } from "../desk/parts.js";

export const Money = ({ minor, currency }) => html`<span class="number">${money(minor, currency)}</span>`;

export function Loaded({ of, children }) {
  if (of.problem) return html`<p class="refusal" role="alert">${of.problem}</p>`;
  if (!of.value) return html`<p class="quiet" role="status">${t("loading")}</p>`;
  return children(of.value);
}

export const More = ({ of }) => of.more && html`<${Press} onClick=${of.more}>${t("more")}<//>`;

export function Sure({ label, text, go, onGo, kind = "", note, why }) {
  const isOpen = useSignal(false), said = useSignal(""), box = useRef(null), was = useRef(false);
  useLayoutEffect(() => {
    if (isOpen.value) box.current?.querySelector("input, button")?.focus();
    else if (was.current) box.current?.querySelector("button")?.focus();
    was.current = isOpen.value;
  }, [isOpen.value]);
  const leave = () => { isOpen.value = false; refusal.value = ""; };
  const submit = async (event) => {
    event.preventDefault();
    if (await onGo(said.value.trim())) { said.value = ""; leave(); }
  };
  if (why) return html`<span class="blocked"><${Press} kind=${kind} disabled>${label}<//>
    <span class="quiet">${why}</span></span>`;
  if (!isOpen.value) return html`<span class="ask" ref=${box}><${Press} kind=${kind} onClick=${() => {
    refusal.value = "";
    isOpen.value = true;
  }}>${label}<//></span>`;
  return html`<form class="sure" ref=${box} onSubmit=${submit}
      onKeyDown=${(event) => { if (event.key === "Escape") leave(); }}>
    <p>${text}</p>${note && html`<${Text} label=${note} value=${said} name="note" maxlength="200"
      autocomplete="off" required />`}<${Refusal} />
    <div class="together wrap"><${Press} onClick=${leave}>${t("sure.leave")}<//>
      <button type="submit" class="press ${kind || "strong"}">${go ?? label}</button></div></form>`;
}

export function Choice({ label, of, chosen, word }) {
  return html`<div class="together wrap" role="group" aria-label=${label}>${of.map((name) => html`<button
    type="button" class="press small" key=${name} aria-pressed=${chosen.value === name}
    onClick=${() => { chosen.value = name; }}>${word(name)}</button>`)}</div>`;
}
