// work: the picker's screens, one thing at a time. Exports: Picker()
import { html } from "../core/view.js";
import { t } from "../core/i18n.js";
import { Comes, Elsewhere, Missed, OffDuty, OfferCard, Zone, answerOffer, isOff, offeredOf } from "../core/parts.js";
import { page } from "../core/shell.js";
import { Button, Icon, Screen } from "../core/ui.js";
import { act } from "../core/work.js";
import { CountLine, ZeroCheck } from "./count.js";
import { PickLine, PutBackLine } from "./line.js";
import { LookLine, LookOffer } from "./look.js";
import { Note, Slot, headline } from "./parts.js";
import { GiveBack, List, Problem, Recount, Type } from "./sheets.js";
import { active, current, finish, hasBegun, sheet, skip, stops, task } from "./state.js";

const SHEETS = { type: Type, problem: Problem, list: List, give_back: GiveBack };
const REFUSALS = ["too_heavy", "wrong_zone"];

/** What is offered: one order's goods of a zone, or a tour of several. */
function Facts({ offer }) {
  const { orders = 1, lines, grams, metres } = offer.tour ?? { lines: offer.ticket.lines.length, grams: offer.ticket.grams };
  return html`<p class="offer-facts">${orders > 1 && html`<b>${orders}</b> ${t("offer.orders")} · `}
    <b>${lines}</b> ${t("offer.lines", { n: lines })} · <b>${(grams / 1000).toFixed(1)}</b> ${t("offer.kg")}
    ${metres > 0 && html` · <b>${Math.round(metres)}</b> m`}</p>`;
}

function Offer({ offer }) {
  const { ticket } = offer;
  return html`<main class="screen"><div class="screen-body offer-page">
    <h1>${t(offer.tour?.orders > 1 ? "offer.tour" : `offer.${ticket.kind}`)}</h1>
    <${OfferCard} offer=${offer}><${Facts} offer=${offer} /><p><${Zone} zone=${ticket.zone} /></p><//>
    <div class="offer-why">${REFUSALS.map((reason) => html`<${Button} key=${reason}
      command=${reason.toUpperCase().replace("_", "-")}
      onClick=${() => answerOffer(offer, "decline", { reason })}>${t(`offer.${reason}`)}<//>`)}</div></div></main>`;
}

function Waiting() {
  return html`<main class="screen"><div class="screen-body"><div class="centre"><${Icon} name="clock" />
    <h1 class="greeting">${t("waiting.title")}</h1><${Comes} lead="waiting.lead" /></div>
    <${Missed} /><${Elsewhere} stage="picking" /></div></main>`;
}

function ToteFirst({ ticket }) {
  const stop = current();
  const later = hasBegun() && stops().length > 1;
  return html`<${Screen} title=${headline(ticket)} actions=${html`
      ${later && html`<${Button} icon="skip" command="SKIP" onClick=${() => skip(stop)}>${t("skip.go")}<//>`}
      <${Button} icon="keyboard" command="TYPE" onClick=${() => { page.value = "type"; }}>${t("menu.type")}<//>`}>
    <${Note} ticket=${ticket} />
    <div class="centre">${ticket.tour ? html`<${Slot} ticket=${ticket} big />` : html`<${Icon} name="tote" />`}
      <h2 class="greeting">${t("tote.scan")}</h2>
      <p class="lead">${ticket.tour ? t("tour.tote_lead", { order: ticket.short_no }) : t("tote.lead")}</p>
      <${Zone} zone=${ticket.zone} /></div><//>`;
}

/** A place's code stays in one line. */
const unbroken = (code) => code.replaceAll("-", "\u2011");

/** Nobody waits for a customer's answer: what comes instead is a task of its own. */
function Asked({ ticket }) {
  const asked = ticket.lines.filter((line) => line.state === "deciding").length;
  const looked = ticket.lines.filter((line) => line.state === "looking").length;
  return html`${asked > 0 && html`<p class="told"><${Icon} name="clock" />${t("finish.asked", { n: asked })}</p>`}
    ${looked > 0 && html`<p class="told"><${Icon} name="search" />${t("finish.looked", { n: looked })}</p>`}`;
}

function Stage({ ticket }) {
  const { place } = ticket.staging;
  const isEmpty = ticket.lines.every((line) => line.picked === 0);
  const title = ticket.tour ? t("order.title", { order: ticket.short_no }) : t("finish.title");
  if (isEmpty || !ticket.totes.length) return html`<${Screen} title=${title} actions=${html`
      <${Button} kind="primary" command="FINISH" onClick=${() => finish(ticket)}>${t("finish.empty_go")}<//>`}>
    <div class="centre"><${Icon} name="right" /><p class="lead">${t("finish.empty")}</p><${Asked} ticket=${ticket} /></div><//>`;
  return html`<${Screen} title=${title} actions=${html`
      <${Button} class="icon-only" command="LIST" aria-label=${t("list.title")}
        onClick=${() => { sheet.value = "list"; }}><${Icon} name="list" /><//>
      <${Button} kind="primary" command="FINISH" onClick=${() => finish(ticket, place)}>${t("finish.go", { place: unbroken(place) })}<//>`}>
    <div class="centre">${ticket.tour ? html`<${Slot} ticket=${ticket} big />` : html`<${Icon} name="pin" />`}
      <p class="lead">${t("finish.lead")}</p><p class="place">${place}</p>
      <${Zone} zone=${ticket.zone} /><ul class="carried">${ticket.totes.map((tote) => html`<li
        key=${tote.code}><${Icon} name="tote" />${tote.code}</li>`)}</ul><${Asked} ticket=${ticket} /></div><//>`;
}

function PutBackDone({ ticket }) {
  return html`<${Screen} title=${t("offer.put_back")} actions=${html`
      <${Button} kind="primary" command="FINISH" onClick=${() => act(ticket, "complete")}>${t("finish.empty_go")}<//>`}>
    <div class="centre"><${Icon} name="right" /><p class="lead">${t("put_back.all_done")}</p></div><//>`;
}

// By the ticket's kind: what shows a line, and what shows that no line is left.
const LINES = { work: PickLine, put_back: PutBackLine, count: CountLine, second_look: LookLine };
const ENDS = { work: Stage, put_back: PutBackDone };

function InHand() {
  const { what, ticket, line } = task.value, Sheet = SHEETS[sheet.value];
  if (Sheet && (line || !["problem", "type"].includes(sheet.value))) return html`<${Sheet} key=${line?.id} ticket=${ticket} />`;
  if (what === "recount") return html`<${Recount} key=${ticket.id} ticket=${ticket} />`;
  if (what === "tote") return html`<${ToteFirst} ticket=${ticket} />`;
  if (what === "line") return html`<${LINES[ticket.kind]} stop=${{ ticket, line }} />`;
  return html`<${ENDS[ticket.kind]} ticket=${ticket} />`;
}

export function Picker() {
  const [offer] = offeredOf("picking");
  if (active.value) return html`<${ZeroCheck} />${offer?.ticket.kind === "second_look"
    && html`<${LookOffer} key=${offer.id} offer=${offer} />`}<${InHand} />`;
  if (offer) return html`<${Offer} key=${offer.id} offer=${offer} />`;
  if (isOff()) return html`<${OffDuty} />`;
  return html`<${Waiting} />`;
}
