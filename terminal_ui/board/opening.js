// opening: opens, locks or closes the shop, with a reason that customers read. Exports: Opening()
import { call } from "../core/api.js";
import { clockTime } from "../core/format.js";
import { t } from "../core/i18n.js";
import { html, useSignal } from "../core/view.js";
import { Press, Refusal, Text } from "./parts.js";
import { attempt, shop, storeId } from "./state.js";

const MINUTE_MS = 60_000;
const LOCKS_MINUTES = [15, 30, 60];

function State({ onDone }) {
  const reason = useSignal("");
  const set = (state, minutes) => attempt(async () => {
    const until = minutes ? new Date(Date.now() + minutes * MINUTE_MS).toISOString() : null;
    shop.value = await call("POST", `/stores/${storeId()}/state`, { state, until,
      reason: reason.value.trim() });
    onDone();
  });
  return html`<section class="popover" aria-label=${t("opening.title")}>
    <${Text} label=${t("opening.reason")} value=${reason} name="opening-reason" maxlength="200" />
      <${Refusal} />
    <div class="together wrap"><${Press} kind="strong" onClick=${() => set("open")}>${t("opening.open")}<//>
      ${LOCKS_MINUTES.map((minutes) => html`<${Press} key=${minutes} onClick=${() => set("locked", minutes)}>
        ${t("opening.lock", { n: minutes })}<//>`)}
      <${Press} kind="danger" onClick=${() => set("closed")}>${t("opening.close")}<//></div></section>`;
}

export function Opening() {
  const isOpen = useSignal(false);
  if (!shop.value) return null;
  const { state, state_until: until } = shop.value;
  return html`<div class="opening"><button type="button" class="press state-${state}"
    aria-expanded=${isOpen.value}
      onClick=${() => { isOpen.value = !isOpen.value; }}>${t(`opening.is.${state}`)}
      ${until && state !== "open" && html` ${t("opening.until", { at: clockTime(until) })}`}</button>
    ${isOpen.value && html`<${State} onDone=${() => { isOpen.value = false; }} />`}</div>`;
}
