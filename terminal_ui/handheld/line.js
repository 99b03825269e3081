// line: one line on the whole screen: where, what, how much. Exports: PickLine({ticket}), PutBackLine({ticket})
import { html } from "../core/view.js";
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { Due } from "../core/parts.js";
import { Button, Icon } from "../core/ui.js";
import { activeTote, canUndo, choose, current, following, jump, open, putBack, sheet, skip, undo } from "./state.js";

const done = (ticket) => ticket.lines.filter((line) => line.state !== "todo").length;

function Head({ ticket }) {
  return html`<header class="ticket-head"><h1>${t("order.title", { order: ticket.short_no })}</h1>
    <span class="ticket-step">${t("line.step", { n: Math.min(done(ticket) + 1, ticket.lines.length),
      all: ticket.lines.length })}</span><${Due} at=${ticket.due_at} />
    <${Button} class="icon-only" command="LIST" aria-label=${t("list.title")}
      onClick=${() => { sheet.value = "list"; }}><${Icon} name="list" /><//></header>`;
}

function Goods({ line }) {
  return html`<div class="goods">${line.picture
      ? html`<img src=${line.picture} alt="" width="96" height="96" />`
      : html`<span class="no-picture" aria-hidden="true"></span>`}
    <div><h2 class="goods-name">${say(line.name)}</h2><p class="goods-pack">${line.pack}</p></div>
    <${Button} class="icon-only" command="TYPE" aria-label=${t("type.instead")}
      onClick=${() => { sheet.value = "type"; }}><${Icon} name="keyboard" /><//></div>`;
}

function Amount({ now, all, unit }) {
  return html`<p class="amount ${unit === "g" ? "weighed" : ""}"><b>${quantity(now, unit)}</b>
    <span>/ ${quantity(all, unit)}</span></p>`;
}

/** These goods come instead of others, or others could not find them: said before anybody walks. */
function Told({ ticket, line }) {
  if (line.substitutes) {
    const missing = ticket.lines.find((one) => one.line_no === line.substitutes);
    return html`<p class="told"><${Icon} name="duplicate" />${missing
      ? t("line.instead_of", { name: say(missing.name) }) : t("line.instead")}</p>`;
  }
  return line.warning && html`<p class="told warning"><${Icon} name="alert" />${t(`line.${line.warning}`)}</p>`;
}

function Jump({ ticket }) {
  const line = ticket.lines.find((one) => one.id === jump.value && one.state === "todo");
  if (!line) return null;
  return html`<${Button} class="jump" command="JUMP" icon="skip" onClick=${() => choose(line.id)}>
    ${t("line.jump", { name: say(line.name) })}<//>`;
}

export function PickLine({ ticket }) {
  const line = current(ticket), next = following(ticket);
  return html`<main class="screen pick" data-ticket=${ticket.id} data-line=${line.id}>
    <${Head} ticket=${ticket} />
    <div class="screen-body">
      <p class="place ${line.found_at ? "moved" : ""}">${line.found_at ?? line.location}</p>
      <${Jump} ticket=${ticket} />
      <${Goods} line=${line} /><${Told} ticket=${ticket} line=${line} />
      <${Amount} now=${line.picked} all=${line.quantity - line.short - line.substituted} unit=${line.unit} />
      <p class="into"><${Icon} name="tote" /><b>${activeTote(ticket) ?? "–"}</b>
        <span>${next ? t("line.next", { place: next.location }) : t("line.last")}</span></p>
      ${ticket.note && html`<p class="note">${ticket.note}</p>`}
    </div>
    <div class="actions three">
      <${Button} icon="alert" command="PROBLEM" onClick=${() => { sheet.value = "problem"; }}>${t("line.problem")}<//>
      <${Button} icon="skip" command="SKIP" disabled=${!next} onClick=${() => skip(ticket, line)}>${t("skip.go")}<//>
      <${Button} icon="undo" command="UNDO" disabled=${!canUndo(ticket)} onClick=${() => undo(ticket)}>${t("undo")}<//>
    </div></main>`;
}

export function PutBackLine({ ticket }) {
  const line = current(ticket);
  return html`<main class="screen pick put-back" data-ticket=${ticket.id} data-line=${line.id}>
    <${Head} ticket=${ticket} />
    <div class="screen-body"><p class="put-back-lead">${t("put_back.lead")}
        ${ticket.totes.map((tote) => html` <b key=${tote.code}>${tote.code}</b>`)}</p>
      <p class="place">${line.location}</p><${Goods} line=${line} />
      <${Amount} now=${line.restocked + line.wasted} all=${line.quantity} unit=${line.unit} /></div>
    <div class="actions">
      <${Button} kind="primary" command="RESTOCK" onClick=${() => putBack(ticket, line, open(line), "restock")}>
        ${t("put_back.restock", { n: quantity(open(line), line.unit) })}<//>
      <${Button} kind="danger" command="WASTE" onClick=${() => putBack(ticket, line, open(line), "waste")}>
        ${t("put_back.waste", { n: quantity(open(line), line.unit) })}<//></div></main>`;
}
