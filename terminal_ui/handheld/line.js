// line: one line on the whole screen: where, what, how much, into what. Exports: PickLine({stop}), PutBackLine({stop})
import { html } from "../core/view.js";
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { Button, Icon } from "../core/ui.js";
import { Amount, Goods, Head, Note, Slot } from "./parts.js";
import { Plan, isShown, wayLeft } from "./plan.js";
import { activeTote, canUndo, choose, joined, jump, open, putBack, sheet, skip, stops, undo } from "./state.js";

/** These goods come instead of others, or others could not find them: said before anybody walks. */
function Told({ ticket, line }) {
  if (line.substitutes) {
    const missing = ticket.lines.find((one) => one.line_no === line.substitutes);
    return html`<p class="told"><${Icon} name="duplicate" />${missing
      ? t("line.instead_of", { name: say(missing.name) }) : t("line.instead")}</p>`;
  }
  return line.warning && html`<p class="told warning"><${Icon} name="alert" />${t(`line.${line.warning}`)}</p>`;
}

function Joined() {
  return joined.value.map((ticket) => html`<p class="told" role="status" key=${ticket.id}><${Slot} ticket=${ticket} />
    ${t("tour.joined", { order: ticket.short_no })}</p>`);
}

function Jump() {
  const stop = stops().find(({ line }) => line.id === jump.value);
  if (!stop) return null;
  return html`<${Button} class="jump" command="JUMP" icon="skip" onClick=${() => choose(stop.line.id)}>
    ${t("line.jump", { name: say(stop.line.name) })}<//>`;
}

function Next({ way }) {
  const next = stops()[1];
  const said = next ? t("line.next", { place: next.line.location }) : t("line.last");
  if (!way) return html`<span>${said}</span>`;
  return html`<${Button} class="way" command="PLAN" aria-pressed=${isShown.value}
    onClick=${() => { isShown.value = !isShown.value; }}>${said}
    <span class="metres"> · ${t("plan.metres", { n: Math.round(way.metres) })}</span><span class="unseen"> ${t("plan.toggle")}</span><//>`;
}

export function PickLine({ stop }) {
  const { ticket, line } = stop, way = wayLeft();
  const drawsPlan = way && isShown.value;
  return html`<main class="screen pick" data-ticket=${ticket.id} data-line=${line.id}>
    <${Head} ticket=${ticket} />
    <div class="screen-body">
      <p class="place ${line.found_at ? "moved" : ""}">${line.found_at ?? line.location}</p>
      <${Jump} /><${Joined} />
      ${drawsPlan ? html`<${Plan} way=${way} />` : html`<${Goods} line=${line} />`}
      <${Told} ticket=${ticket} line=${line} /><${Note} ticket=${ticket} brief />
      <div class=${drawsPlan ? "beside-plan" : ""}>
        <${Amount} now=${line.picked} all=${line.quantity - line.short - line.substituted} unit=${line.unit} />
        ${drawsPlan && html`<h2 class="goods-name">${say(line.name)}</h2>`}</div>
      <p class="into"><${Slot} ticket=${ticket} big />${!ticket.tour && html`<${Icon} name="tote" />`}
        <b>${activeTote(ticket) ?? "–"}</b><${Next} way=${way} /></p>
    </div>
    <div class="actions three">
      <${Button} icon="alert" command="PROBLEM" onClick=${() => { sheet.value = "problem"; }}>${t("line.problem")}<//>
      <${Button} icon="skip" command="SKIP" disabled=${stops().length < 2}
        onClick=${() => skip(stop)}>${t("skip.go")}<//>
      <${Button} icon="undo" command="UNDO" disabled=${!canUndo()} onClick=${undo}>${t("undo")}<//>
    </div></main>`;
}

export function PutBackLine({ stop: { ticket, line } }) {
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
