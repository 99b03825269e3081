// look: goods that a colleague did not find are looked for again. Exports: LookLine({stop}), LookOffer({offer})
import { session } from "../core/api.js";
import { secondsUntil } from "../core/clock.js";
import { countdown, quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { answerOffer } from "../core/parts.js";
import { Button, Icon } from "../core/ui.js";
import { html, useEffect, useSignal } from "../core/view.js";
import { Stepper } from "./count.js";
import { Goods, Head } from "./parts.js";
import { activeTote, chosenIn, countOf, endLook } from "./state.js";

const WAIT_MS = 15_000;

/** What the colleague saw; without network the words must do. */
function Shelf({ path }) {
  const source = useSignal("");
  useEffect(() => {
    fetch(path, { headers: { Authorization: `Bearer ${session.peek().token}` }, signal: AbortSignal.timeout(WAIT_MS) })
      .then((answer) => answer.ok ? answer.blob() : null)
      .then((blob) => { if (blob) source.value = URL.createObjectURL(blob); }, () => {});
    return () => URL.revokeObjectURL(source.peek());
  }, [path]);
  return source.value && html`<img class="shelf" src=${source.value} alt=${t("look.photo")} />`;
}

export function LookLine({ stop: { ticket, line } }) {
  const found = countOf(line), tote = chosenIn(ticket) ?? activeTote(ticket);
  return html`<main class="screen pick" data-ticket=${ticket.id} data-line=${line.id}>
    <${Head} ticket=${ticket} />
    <div class="screen-body"><p class="told"><${Icon} name="search" />
        ${t("look.lead", { n: quantity(line.quantity, line.unit) })}</p>
      <p class="place">${line.found_at ?? line.location}</p><${Goods} line=${line} />
      ${line.photo && html`<${Shelf} path=${`/api/v1/orders/${ticket.order_no}/shelf-photos/${line.photo}`} />`}
      <${Stepper} amount=${found} most=${line.quantity} unit=${line.unit} label=${t("look.amount")} />
      <p class="into"><${Icon} name="tote" /><b>${tote ?? "–"}</b><span>${tote
        ? ticket.totes.find((one) => one.code === tote)?.place ?? "" : t("tote.first")}</span></p></div>
    <div class="actions"><${Button} kind="danger" command="NOT-FOUND" onClick=${() => endLook(ticket, line, 0)}>
        ${t("look.not_found")}<//>
      <${Button} kind="primary" command="FOUND" disabled=${found.value < 1 || !tote}
        onClick=${() => endLook(ticket, line, found.value, tote)}>
        ${t("look.found", { n: quantity(found.value, line.unit) })}<//></div></main>`;
}

/** Asked of somebody who has work in hand: it covers nothing, and scans go on. */
export function LookOffer({ offer }) {
  const [line] = offer.ticket.lines;
  const left = Math.min(offer.seconds, Math.max(0, secondsUntil(offer.expires_at)));
  return html`<section class="zero-check" aria-label=${t("offer.second_look")}>
    <p>${t("look.ask", { name: say(line.name), place: line.location })} ${countdown(left)}</p>
    <${Button} command="DECLINE" onClick=${() => answerOffer(offer, "decline", { reason: "busy" })}>
      ${t("offer.decline")}<//>
    <${Button} command="ACCEPT" onClick=${() => answerOffer(offer, "accept")}>${t("offer.accept")}<//></section>`;
}
