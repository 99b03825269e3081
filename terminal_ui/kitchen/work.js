// work: the kitchen's one page: a card for each order of a station, the next to begin first. Exports: Kitchen()
import { secondsUntil } from "../core/clock.js";
import { countdown } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { printLabel } from "../core/labels.js";
import { Comes, Due, Elsewhere, Missed, OfferCard, OffDuty, Zone, isOff, offeredOf } from "../core/parts.js";
import { Button, Icon, Screen } from "../core/ui.js";
import { html, useSignal } from "../core/view.js";
import { has } from "./reduce.js";
import { cook, inHand, problem, ready, short } from "./state.js";

const REASONS = ["sold_out", "spoiled"];

/** A station of the shop's own making is shown by its own name. */
const stationName = (name) => t(`station.${name}`) === `station.${name}` ? name : t(`station.${name}`);

const portions = (line) => line.quantity - line.short;

function Dishes({ ticket, acts }) {
  return html`<ul class="dishes">${ticket.lines.map((line) => html`<li key=${line.id} class=${line.state}>
    <b>${portions(line)} ×</b><span class="dish">${say(line.name)}</span>
    ${acts && ["waiting", "cooking"].includes(line.state) && html`<${Button} onClick=${() => {
      problem.value = { ticket: ticket.id, line: line.id };
    }} aria-label=${t("short.label", { name: say(line.name) })}>${t("short.go")}<//>`}</li>`)}</ul>`;
}

function Clock({ ticket }) {
  const since = ticket.lines.find((line) => line.state === "cooking")?.cooking_at;
  if (!since) {
    const left = secondsUntil(ticket.start_at);
    return html`<p class="clock ${left > 0 ? "later" : "now"}">${left > 0
      ? t("clock.start_in", { time: countdown(left) }) : t("clock.start_now")}</p>`;
  }
  const left = ticket.seconds + secondsUntil(since);
  return html`<p class="clock ${left > 0 ? "cooking" : "over"}" role="timer">${countdown(left)}</p>`;
}

function Card({ ticket }) {
  const cooks = has(ticket, "cooking");
  return html`<li class="card-order" data-ticket=${ticket.id}>
    <header><h2>${ticket.short_no}</h2><b class="station-name">${stationName(ticket.station)}</b>
      <${Zone} zone=${ticket.zone} /><${Due} at=${ticket.due_at} /></header>
    <${Clock} ticket=${ticket} /><${Dishes} ticket=${ticket} acts />
    <div class="card-acts">${cooks && html`<${Button} onClick=${() => printLabel(ticket.label)}
        aria-label=${t("print.label", { order: ticket.short_no })}>${t("print.go")}<//>`}
      ${has(ticket, "waiting") && html`<${Button} kind=${cooks ? "plain" : "primary"} onClick=${() => cook(ticket)}
        disabled=${secondsUntil(ticket.start_at) > 0} aria-label=${t("cook.label",
          { order: ticket.short_no })}>${t("cook.go")}<//>`}
      ${cooks && html`<${Button} kind="primary" onClick=${() => ready(ticket)} aria-label=${t("ready.label",
        { order: ticket.short_no })}>${t("ready.go")}<//>`}</div></li>`;
}

function Short({ ticket, line }) {
  const amount = useSignal(portions(line));
  const change = (by) => { amount.value = Math.min(portions(line), Math.max(1, amount.value + by)); };
  return html`<${Screen} title=${say(line.name)} class="screen" back=${() => { problem.value = null; }}>
    <p class="lead">${t("short.lead", { n: portions(line) })}</p>
    <div class="stepper" role="group" aria-label=${t("short.amount")}>
      <${Button} command="LESS" aria-label=${t("short.less")} onClick=${() => change(-1)}>−<//>
      <output>${amount.value}</output>
      <${Button} command="MORE" aria-label=${t("short.more")} onClick=${() => change(1)}>+<//></div>
    <div class="reasons">${REASONS.map((reason) => html`<${Button} key=${reason}
      onClick=${() => short(ticket, line, amount.value, reason)}>${t(`short.${reason}`)}
      <small>${t(`short.${reason}.then`)}</small><//>`)}</div><//>`;
}

export function Kitchen() {
  const cards = inHand(), offered = offeredOf("prep");
  const ticket = cards.find((one) => one.id === problem.value?.ticket);
  const line = ticket?.lines.find((one) => one.id === problem.value.line);
  if (line) return html`<${Short} key=${line.id} ticket=${ticket} line=${line} />`;
  const isEmpty = cards.length + offered.length === 0;
  if (isEmpty && isOff()) return html`<${OffDuty} />`;
  return html`<main class="kitchen" tabindex="0" aria-label=${t("kitchen.title")}>
    ${!isEmpty && html`<h1 class="title">${t("kitchen.title")}</h1>`}
    ${offered.map((offer) => html`<${OfferCard} key=${offer.id} offer=${offer}>
      <p><b>${stationName(offer.ticket.station)}</b></p><${Dishes} ticket=${offer.ticket} /><//>`)}
    ${cards.length > 0 && html`<ul class="cards">${cards.map((one) =>
      html`<${Card} key=${one.id} ticket=${one} />`)}</ul>`}
    ${isEmpty && html`<div class="centre"><${Icon} name="clock" />
      <h1 class="greeting">${t("kitchen.empty")}</h1><${Comes} lead="kitchen.lead" /><${Missed} /></div>`}
    <${Elsewhere} stage="prep" /></main>`;
}
