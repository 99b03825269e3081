// parts: what the packing station, the counter and the rider's phone show alike. Their look is in parts.css.
// Exports:
//   Due({at})               when the order is due and how long that is, late also in words
//   Zone({zone, quiet?})    a temperature by icon and word
//   OfferCard({offer, hint, children})   an offer of work with its countdown, Accept and Not now
//   answerOffer(offer, type, payload?)   sends accept or decline once
//   isOff()                 whether this person is asked for nothing: on a break, off duty, or after missed offers
//   OffDuty()               the page of such a person, and the way back
//   Comes({lead})           the sentence that work comes by itself, or that it does not without network
//   Missed()                a word to who missed an offer, and how to go on
//   Elsewhere({stage})      a line when the person also has work of another stage, which other screens show
//   heldOf(stage)           this person's tickets of a stage, by due time
//   offeredOf(stage)        their offers, the oldest first: a card under a finger must not become another one
import { html } from "./view.js";
import { secondsUntil } from "./clock.js";
import { clockTime, countdown } from "./format.js";
import { t } from "./i18n.js";
import { online } from "./live.js";
import { changeShift } from "./shell.js";
import { Button } from "./ui.js";
import { act, answering, offers, shift, tickets } from "./work.js";

const PATHS = {
  ambient: "M12 8a4 4 0 1 0 .1 0M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M5 19l1.5-1.5M18 6l1-1",
  chilled: "M12 3c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11z",
  frozen: "M12 2v20M3.5 7l17 10M20.5 7l-17 10M9 3.5l3 3 3-3M9 20.5l3-3 3 3",
  all: "M3 8h18v12H3zM3 8l3-4h12l3 4",
};
const OTHER_SCREENS = { picking: "/terminal", packing: "/station", prep: "/kitchen", handoff: "/counter", delivery: "/rider" };
const MINUTE_SECONDS = 60;

const byDue = (one, other) => Date.parse(one.due_at) - Date.parse(other.due_at)
  || one.id.localeCompare(other.id);

export const heldOf = (stage) => tickets.value.filter((ticket) => ticket.stage === stage).sort(byDue);
export const offeredOf = (stage) => offers.value.filter((offer) => offer.ticket.stage === stage)
  .sort((one, other) => Date.parse(one.expires_at) - Date.parse(other.expires_at));

export function Due({ at }) {
  const minutes = Math.floor(secondsUntil(at) / MINUTE_SECONDS);
  const left = minutes < 0 ? t("due.late", { n: -minutes }) : t("due.left", { n: minutes });
  const urgency = minutes < 0 ? "late" : minutes < 10 ? "soon" : "calm";
  return html`<span class="due ${urgency}"><b>${clockTime(at)}</b> ${left}</span>`;
}

export function Zone({ zone }) {
  return html`<span class="zone ${zone}"><svg class="icon" viewBox="0 0 24 24"
    aria-hidden="true" focusable="false">
    <path d=${PATHS[zone] ?? PATHS.all} fill="none"
      stroke="currentColor" stroke-width="2.2" stroke-linecap="round"
      stroke-linejoin="round" /></svg>${t(`zone.${zone}`)}</span>`;
}

export function answerOffer(offer, type, payload = {}) {
  if (answering.peek().includes(offer.id)) return null;
  return act(offer.ticket, type, { offer: offer.id, ...payload });
}

export function OfferCard({ offer, hint, children }) {
  // The clock on screen is up to a second old: a fresh offer would seem longer than it is.
  const left = Math.min(offer.seconds, Math.max(0, secondsUntil(offer.expires_at)));
  const isAnswered = answering.value.includes(offer.id);
  return html`<section class="offer" aria-label=${t("offer.title")} data-offer=${offer.id}>
    <header><h2>${t("offer.title")}</h2><span class="offer-left"
      role="timer">${countdown(left)}</span></header>
    <p class="offer-order">${t("order.title", { order: offer.ticket.short_no })}</p>
    <p><${Due} at=${offer.ticket.due_at} /></p>${children}
    ${hint && html`<p class="lead">${hint}</p>`}
    ${!online.value && html`<p class="missed-before">${t("offer.offline")}</p>`}
    ${shift.value?.missed > 0 && html`<p class="missed-before">${t("missed.before")}</p>`}
    <div class="offer-answers">
      <${Button} command="DECLINE" disabled=${isAnswered}
        onClick=${() => answerOffer(offer, "decline", { reason: "busy" })}>${t("offer.decline")}<//>
      <${Button} kind="primary" command="ACCEPT" disabled=${isAnswered}
        onClick=${() => answerOffer(offer, "accept")}>${t(isAnswered ? "offer.answering"
          : "offer.accept")}<//>
    </div></section>`;
}

export const Comes = ({ lead }) => html`<p class="lead">${t(online.value ? lead : "waiting.offline")}</p>`;

/** Who missed an offer learns that it counts, before they are asked for nothing. */
export function Missed() {
  const { missed, missed_left: left } = shift.value ?? {};
  if (!missed || !left) return null;
  return html`<div class="missed" role="status"><p>${t("missed.one", { n: left })}</p>
    <${Button} command="HERE" onClick=${() => changeShift("available")}>${t("missed.here")}<//></div>`;
}

export const isOff = () => shift.value !== null && (shift.value.state !== "available" || Boolean(shift.value.paused));

export function OffDuty() {
  const { state, paused } = shift.value;
  const isPaused = state === "available" && paused;
  return html`<main class="screen"><div class="screen-body"><div class="centre">
      <h1 class="greeting">${t(`duty.${isPaused ? "paused" : state}`)}</h1>
      <p class="lead">${t(isPaused ? "duty.paused_lead" : "duty.lead")}</p></div></div>
    <div class="actions"><${Button} kind="primary" command="AVAILABLE"
      onClick=${() => changeShift("available")}>${t("duty.back")}<//></div></main>`;
}

export function Elsewhere({ stage }) {
  const others = [...tickets.value, ...offers.value.map((offer) => offer.ticket)].filter((ticket) =>
    ticket.stage !== stage);
  if (others.length === 0) return null;
  return html`<p class="elsewhere">${t("elsewhere", { n: others.length })}
    <a class="button plain" href=${OTHER_SCREENS[others[0].stage]}>${t(`stage.${others[0].stage}`)}</a></p>`;
}
