// order: the order on the packing table: its totes, lines with done/required, bags, and sealing. Exports:
// Order({ticket})
import { html } from "../core/view.js";
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { printLabel } from "../core/labels.js";
import { openOf } from "../core/lines.js";
import { Due, Zone } from "../core/parts.js";
import { Button, Icon } from "../core/ui.js";
import { zonesOf } from "./reduce.js";
import { blocked, seal } from "./seal.js";
import { canUndo, closeBag, isQueueOpen, newBag, nextZone, pack, problemLine, seen, undo } from "./state.js";

function Line({ ticket, line }) {
  const open = openOf(line), isDone = open <= 0;
  return html`<li class="line ${isDone ? "done" : ""}" data-line=${line.id}>
    ${line.picture ? html`<img src=${line.picture} alt="" width="72" height="72" loading="lazy" />`
      : html`<span class="no-picture" aria-hidden="true"></span>`}
    <div class="line-goods"><h2>${say(line.name)}</h2><p>${line.pack} <${Zone} zone=${line.zone} /></p>
      ${line.short > 0 && html`<p class="line-short">${t("line.short", { n: quantity(line.short,
        line.unit) })}</p>`}</div>
    <p class="line-count ${line.weighed ? "weighed" : ""}"><b>${quantity(line.packed,
      line.unit)}</b><span>/ ${quantity(line.quantity, line.unit)}</span></p>
    ${isDone ? html`<${Icon} name="right" />` : html`<div class="line-acts">
      <${Button} onClick=${() => pack(ticket, line, open)} aria-label=${t("line.pack_label", {
        n: quantity(open, line.unit), name: say(line.name) })}>${t("line.pack", { n: quantity(open,
          line.unit) })}<//>
      <${Button} icon="alert" onClick=${() => { problemLine.value = line.id; }}
        aria-label=${t("line.problem_label", {
        name: say(line.name) })}>${t("line.problem")}<//></div>`}</li>`;
}

function Bag({ ticket, bag }) {
  const title = t("bag.title", { n: bag.n });
  return html`<li class="bag ${bag.state} ${bag.temperature}"><div class="bag-name"><b>${title}</b>
      <${Zone} zone=${bag.temperature} /></div>
    <span class="bag-state">${t(bag.code ? `bag.state.${bag.state}` : "bag.state.coming")}
      ${bag.place && html` · <b>${bag.place}</b>`}</span>
    <div class="bag-acts">${bag.code && html`<${Button} onClick=${() => printLabel(bag)}
        aria-label=${`${t("bag.print")} ${title}`}>${t("bag.print")}<//>`}
      ${bag.code && bag.state === "open" && html`<${Button} onClick=${() => closeBag(ticket, bag)}
        aria-label=${`${t("bag.close")} ${title}`}>${t("bag.close")}<//>`}</div></li>`;
}

function Bags({ ticket }) {
  const next = nextZone(ticket);
  return html`<section class="bags" aria-label=${t("bag.all")}><h2>${t("bag.all")}</h2>
    <ul>${ticket.bags.map((bag) => html`<${Bag} key=${bag.n} ticket=${ticket} bag=${bag} />`)}</ul>
    <div class="new-bags">${zonesOf(ticket).map((zone) => html`<${Button} key=${zone}
      command=${zone === next ? "NEWBAG" : `NEWBAG-${zone.toUpperCase()}`} onClick=${() => newBag(ticket,
        zone)}
      aria-label=${t("bag.new_label",
        { zone: t(`zone.${zone}`) })}>${t("bag.new")} <${Zone} zone=${zone} /><//>`)}</div>
  </section>`;
}

function Totes({ ticket }) {
  return html`<ul class="totes" aria-label=${t("tote.all")}>${ticket.totes.map((tote) => html`<li
    key=${tote.code}
    class=${seen.value.includes(tote.code) ? "seen" : ""}><${Icon} name=${seen.value.includes(tote.code)
      ? "right" : "tote"} />${tote.code}
    ${tote.place && html`<b>${tote.place}</b>`}</li>`)}</ul>`;
}

export function Order({ ticket }) {
  const why = blocked(ticket);
  // A line that is done moves to the end as a new element: Chromium leaves the old look on the parts of one
  // that is moved and changes its class at once.
  const lines = [...ticket.lines.filter((line) => openOf(line) > 0), ...ticket.lines.filter((line) =>
    openOf(line) <= 0)];
  return html`<section class="order" data-ticket=${ticket.id}>
    <header class="order-head"><h1>${t("order.title",
      { order: ticket.short_no })}</h1><${Due} at=${ticket.due_at} />
      <${Button} class="icon-only queue-open" command="LIST" aria-label=${t("queue.title")}
        onClick=${() => { isQueueOpen.value = true; }}><${Icon} name="list" /><//></header>
    <div class="order-body">
      <${Totes} ticket=${ticket} />
      ${ticket.note && html`<p class="note"><b>${t("order.note")}</b> ${ticket.note}</p>`}
      <div class="table"><ul class="lines" aria-label=${t("line.all")}>${lines.map((line) =>
        html`<${Line} key=${`${line.id} ${openOf(line) > 0}`} ticket=${ticket} line=${line} />`)}</ul><${Bags}
          ticket=${ticket} /></div></div>
    <div class="actions">${why && html`<p class="why">${why}</p>`}
      <${Button} icon="undo" command="UNDO" disabled=${!canUndo(ticket)} onClick=${() =>
        undo(ticket)}>${t("undo")}<//>
      <${Button} kind="primary" command="SEAL" disabled=${why !== "" || ticket.sealing}
        onClick=${() => seal(ticket)}>${t(ticket.sealing ? "seal.under_way"
          : "seal.go")}<//></div></section>`;
}
