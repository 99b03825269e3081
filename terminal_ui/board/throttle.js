// throttle: how many orders may be between queue and counter at once. Exports: Throttle()
import { call } from "../core/api.js";
import { t } from "../core/i18n.js";
import { html, useSignal } from "../core/view.js";
import { Press, Refusal, Text } from "../desk/parts.js";
import { attempt, board, mayLead, storeId } from "./state.js";

const MOST = 10_000;

function Setting({ onDone }) {
  const { limit, in_flight: inFlight } = board.value.release;
  const many = useSignal(String(limit ?? Math.max(1, inFlight)));
  const set = async (value) => {
    const isDone = await attempt(() => call("POST", `/stores/${storeId()}/throttle`, { limit: value }));
    if (isDone) onDone();
  };
  return html`<section class="popover" aria-label=${t("throttle.title")}
      onKeyDown=${(event) => { if (event.key === "Escape") onDone(); }}>
    <p>${t("throttle.does")}</p>
    <form class="together wrap" onSubmit=${(event) => { event.preventDefault(); set(Number(many.value)); }}>
      <${Text} label=${t("throttle.many")} value=${many} name="throttle" type="number" min="0"
        max=${MOST} step="1" required />
      <button type="submit" class="press strong">${t("throttle.set")}</button></form>
    <${Refusal} /><div class="together wrap">
      <${Press} kind="danger" onClick=${() => set(0)}>${t("throttle.stop")}<//>
      <${Press} onClick=${() => set(null)}>${t("throttle.none")}<//>
      <${Press} onClick=${onDone}>${t("throttle.leave")}<//></div></section>`;
}

export function Throttle() {
  const isOpen = useSignal(false);
  if (!board.value) return null;
  const { limit, in_flight: n } = board.value.release;
  const words = limit === null ? t("throttle.free", { n }) : t("throttle.is", { n, limit });
  if (!mayLead()) return html`<p class="quiet throttle">${words}</p>`;
  return html`<div class="throttle"><button type="button"
    class="press ${limit === null ? "" : "state-locked"}" aria-expanded=${isOpen.value}
    onClick=${() => { isOpen.value = !isOpen.value; }}>${words}</button>
    ${isOpen.value && html`<${Setting} onDone=${() => { isOpen.value = false; }} />`}</div>`;
}
