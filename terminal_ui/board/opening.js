// opening: opens, locks or closes the shop, with a reason that customers read. Exports: Opening()
import { call } from "../core/api.js";
import { now } from "../core/clock.js";
import { clockTime } from "../core/format.js";
import { t } from "../core/i18n.js";
import { html, useSignal } from "../core/view.js";
import { Press, Refusal, Text } from "../desk/parts.js";
import { attempt, mayLead, shop, storeId } from "./state.js";

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
const LOCKS_MINUTES = [15, 30, 60];
const CLOSES_HOURS = [1, 2, 4, 8];

const inMinutes = (minutes) => new Date(now() + minutes * MINUTE_MS).toISOString();

const set = (state, until, reason) => attempt(async () => {
  shop.value = await call("POST", `/stores/${storeId()}/state`, { state, until, reason: reason.trim() });
});

/** Closing turns every customer away: it says what it does and asks until when and why. */
function Closing({ reason, onDone, onLeave }) {
  const hours = useSignal("");
  const close = async (event) => {
    event.preventDefault();
    const until = hours.value ? inMinutes(Number(hours.value) * HOUR_MINUTES) : null;
    if (await set("closed", until, reason.value)) onDone();
  };
  return html`<form class="closing" onSubmit=${close}><h2>${t("opening.close_sure")}</h2>
    <p>${t("opening.close_does")}</p>
    <label class="field"><span>${t("opening.close_until")}</span><select name="closed-until"
      onChange=${(event) => { hours.value = event.currentTarget.value; }}>
      <option value="">${t("opening.close_open_end")}</option>
      ${CLOSES_HOURS.map((n) => html`<option value=${n} key=${n}>${t("opening.close_hours",
        { n, at: clockTime(inMinutes(n * HOUR_MINUTES)) })}</option>`)}</select></label>
    <${Text} label=${t("opening.close_reason")} value=${reason} name="closing-reason" maxlength="200"
      required /><${Refusal} />
    <div class="together wrap"><${Press} onClick=${onLeave}>${t("opening.keep")}<//>
      <button type="submit" class="press danger">${t("opening.close_go")}</button></div></form>`;
}

function State({ onDone }) {
  const reason = useSignal(""), isClosing = useSignal(false);
  const go = async (state, minutes) => {
    if (await set(state, minutes ? inMinutes(minutes) : null, reason.value)) onDone();
  };
  if (isClosing.value) return html`<section class="popover" aria-label=${t("opening.title")}>
    <${Closing} reason=${reason} onDone=${onDone} onLeave=${() => { isClosing.value = false; }} /></section>`;
  return html`<section class="popover" aria-label=${t("opening.title")}>
    <${Text} label=${t("opening.reason")} value=${reason} name="opening-reason" maxlength="200" />
      <${Refusal} />
    <div class="together wrap"><${Press} kind="strong" onClick=${() => go("open")}>${t("opening.open")}<//>
      ${LOCKS_MINUTES.map((minutes) => html`<${Press} key=${minutes} onClick=${() => go("locked", minutes)}>
        ${t("opening.lock", { n: minutes })}<//>`)}
      <${Press} onClick=${() => go("asleep")}>${t("opening.sleep")}<//>
      <${Press} kind="danger" onClick=${() => { isClosing.value = true; }}>${t("opening.close")} …<//>
      <${Press} onClick=${onDone}>${t("opening.back")}<//></div></section>`;
}

export function Opening() {
  const isOpen = useSignal(false);
  if (!shop.value) return null;
  const { state, state_until: until, open, opens_at: opens } = shop.value;
  // Outside its hours a shop is asleep by itself; somebody may put it to sleep before.
  const isOut = !open && !until && ["open", "asleep"].includes(state), shown = isOut ? "asleep" : state;
  const words = html`${t(`opening.is.${isOut ? "out" : state}`)}
    ${isOut && opens && html` ${t("opening.opens", { at: clockTime(opens) })}`}
    ${until && state !== "open" && html` ${t("opening.until", { at: clockTime(until) })}`}`;
  if (!mayLead()) return html`<p class="opening quiet">${words}</p>`;
  return html`<div class="opening"><button type="button" class="press state-${shown}"
    aria-expanded=${isOpen.value} onClick=${() => { isOpen.value = !isOpen.value; }}>${words}</button>
    ${isOpen.value && html`<${State} onDone=${() => { isOpen.value = false; }} />`}</div>`;
}
