// sheets: what covers a line: its exception sheet, the list of all lines, giving the work back, counting a tote.
// Exports: Problem, Type, List, GiveBack, Recount: each ({ticket})
import { html, useSignal } from "../core/view.js";
import { secondsUntil } from "../core/clock.js";
import { uuid } from "../core/api.js";
import { tell } from "../core/feedback.js";
import { countdown, quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { shrinking, shrunk } from "../core/photos.js";
import { Button, Field, Icon, Screen } from "../core/ui.js";
import { scanner } from "../core/shell.js";
import { act } from "../core/work.js";
import { takeAmount } from "./scan.js";
import { Stepper } from "./count.js";
import { Note, Slot } from "./parts.js";
import { choose, chosenIn, countOf, current, giveBack, heavierOf, open, sheet, together } from "./state.js";

const REASONS = ["not_found", "damaged", "expired", "wrong_location"];
const GRAMS = "[1-9][0-9]{0,4}";

const close = () => { sheet.value = null; };

/** A picture is named here, so that the report may wait for the network with it. */
async function report(ticket, line, amount, reason, picture) {
  close();
  const weight = reason === "only_heavier" ? heavierOf(line).value : "";
  const payload = { line: line.id, quantity: amount, reason, ...(weight && { weight_g: Number(weight) }) };
  if (picture) {
    const key = uuid();
    await act(ticket, "short", { ...payload, photo: key },
      { path: `/orders/${ticket.order_no}/shelf-photos/${key}`, body: picture });
  } else await act(ticket, "short", payload);
  tell("right", say(line.name), t("problem.done", { n: quantity(amount, line.unit), why: t(`problem.${reason}`) }));
}

async function foundAt(ticket, line, place) {
  close();
  const location = place.trim().toUpperCase().replace(/^LOC-/, "");
  await act(ticket, "moved", { line: line.id, location });
  tell("right", say(line.name), t("problem.moved_done", { place: location }));
}

/** The phone's own camera takes it; it is made small before it is kept. */
function PhotoOf({ picture }) {
  const fails = useSignal(false);
  const take = async ({ currentTarget: { files } }) => {
    if (!files.length) return;
    try {
      picture.value = await shrunk(files[0]);
      fails.value = false;
    } catch { fails.value = true; }
  };
  return html`<label class="button photo"><${Icon} name="camera" /><span>${t(picture.value ? "photo.taken" : "photo.take")}</span>
    <input type="file" accept="image/*" capture="environment" name="photo" onChange=${take} /></label>
    ${fails.value && html`<p class="refusal" role="alert">${t("photo.fails")}</p>`}`;
}

export function Problem() {
  const { ticket, line } = current();
  const amount = useSignal(open(line)), place = useSignal(""), picture = useSignal(null);
  const heavier = heavierOf(line), weighs = heavier.value;
  const isWrong = (reason) => reason === "only_heavier" && weighs && !RegExp(`^${GRAMS}$`).test(weighs);
  const reasons = line.weighed ? [...REASONS, "short_weight", "only_heavier", "only_lighter"] : REASONS;
  return html`<${Screen} title=${say(line.name)} back=${close} class="screen problem">
    <p class="lead">${t("problem.lead", { n: quantity(open(line), line.unit) })}</p>
    <${Stepper} amount=${amount} most=${open(line)} unit=${line.unit} label=${t("problem.amount")} />
    <${PhotoOf} picture=${picture} />
    ${line.weighed && html`<${Field} label=${t("problem.heavier")} value=${heavier} name="heavier" pattern=${GRAMS}
      inputmode="numeric" autocomplete="off" maxlength="5" />`}
    <div class="reasons">${reasons.map((reason) => html`<${Button} key=${reason} command=${reason.toUpperCase()}
      disabled=${amount.value < 1 || isWrong(reason) || shrinking.value > 0} onClick=${() => report(ticket, line, amount.value, reason, picture.value)}>
      ${t(`problem.${reason}`)}<small>${t(`problem.${reason}.then`)}</small><//>`)}</div>
    <form class="found" onSubmit=${(event) => { event.preventDefault(); foundAt(ticket, line, place.value); }}>
      <${Field} label=${t("problem.moved")} value=${place} name="place" placeholder="A03-07-2" required
        autocapitalize="characters" autocomplete="off" maxlength="40" />
      <${Button} type="submit">${t("problem.moved_go")}<//></form><//>`;
}

/** What is typed instead of scanned: a code to be compared, grams of weighed goods, or how much a count found. */
const TYPED = {
  code: { lead: "type.compare", label: "type.code", pattern: "[0-9]+", take: (stop, text) => scanner.give(text) },
  grams: { lead: "type.weigh", label: "type.grams", pattern: GRAMS,
    take: (stop, text) => takeAmount(stop, Number(text)) },
  pieces: { lead: "type.count", label: "type.pieces", pattern: "[0-9]{1,6}",
    take: ({ line }, text) => { countOf(line).value = Number(text); } },
};

const typedFor = ({ ticket, line }) => ticket.kind === "count" ? "pieces" : line.weighed ? "grams" : "code";

/** For a label that can't be read, or a screen without a scanner. */
export function Type() {
  const stop = current(), { line } = stop, value = useSignal(""), name = typedFor(stop);
  const { lead, label, pattern, take } = TYPED[name];
  const enter = (event) => {
    event.preventDefault();
    close();
    take(stop, value.value);
  };
  return html`<${Screen} title=${say(line.name)} back=${close}>
    <p class="lead">${t(lead)}</p>${name === "code" && html`<p class="goods-code">${line.gtin}</p>`}
    <form class="form" onSubmit=${enter}><${Field} label=${t(label)} value=${value} name=${name} pattern=${pattern}
      inputmode="numeric" autocomplete="off" maxlength="40" required />
      <${Button} kind="primary" type="submit">${t("type.enter")}<//></form><//>`;
}

/** What the list says of a line. */
function said(line) {
  if (line.state === "todo") return "list.open";
  if (line.state === "deciding") return "list.asked";
  if (line.state === "looking") return "list.looking";
  if (line.substituted > 0) return "list.replaced";
  return line.short > 0 ? "list.short" : "list.done";
}

const doneOf = (line) => "counted" in line ? ""
  : `${quantity(line.quantity - open(line), line.unit)} / ${quantity(line.quantity, line.unit)}`;

function Row({ ticket, line }) {
  const isOpen = line.state === "todo";
  return html`<li><button type="button" class="row ${line.state}" disabled=${!isOpen} onClick=${() => choose(line.id)}>
    <b class="row-place">${line.found_at ?? line.location}</b><span class="row-name"><${Slot} ticket=${ticket} />${say(line.name)}</span>
    <span class="row-count">${doneOf(line)}</span>
    <span class="row-state">${t(said(line))}</span>
  </button></li>`;
}

export function List({ ticket }) {
  const wanted = useSignal("");
  const lines = together.value.flatMap((of) => of.lines.map((line) => ({ ticket: of, line })))
    .sort((one, other) => one.line.position - other.line.position);
  const fits = (line) => [line.name.zh, line.name.en, line.location, line.sku, line.gtin ?? ""].join(" ").toLowerCase()
    .includes(wanted.value.trim().toLowerCase());
  const actions = ticket.kind === "put_back" ? null : html`<${Button} kind="danger" command="GIVE-BACK"
    onClick=${() => { sheet.value = "give_back"; }}>${t("give_back.go")}<//>`;
  return html`<${Screen} title=${t("list.title")} back=${close} actions=${actions}>
    <${Field} label=${t("list.search")} value=${wanted} type="search" name="search" autocomplete="off" />
    ${together.value.map((of) => html`<${Note} key=${of.id} ticket=${of} />`)}
    <ul class="rows">${lines.filter(({ line }) => fits(line)).map(({ ticket: of, line }) => html`<${Row}
      key=${line.id} ticket=${of} line=${line} />`)}</ul><//>`;
}

export function GiveBack() {
  return html`<${Screen} title=${t("give_back.title")} back=${close} actions=${html`
      <${Button} kind="danger" command="CONFIRM" onClick=${giveBack}>${t("give_back.confirm")}<//>`}>
    <div class="centre"><${Icon} name="tote" /><p class="lead">${t("give_back.lead")}</p></div><//>`;
}

/** Floor rule 1: after a takeover the totes are counted before anybody goes on. */
export function Recount({ ticket }) {
  const code = ticket.recount.includes(chosenIn(ticket)) ? chosenIn(ticket) : null;
  if (code) return html`<${Count} key=${code} ticket=${ticket} code=${code} />`;
  const [tote] = ticket.recount;
  const left = ticket.search_until ? secondsUntil(ticket.search_until) : 0;
  const lost = async () => {
    await act(ticket, "tote", { code: tote, missing: true });
    tell("duplicate", tote, t("recount.missing_done"));
  };
  return html`<${Screen} title=${t("recount.title")} actions=${html`
      <${Button} kind="danger" command="MISSING" disabled=${left > 0} onClick=${lost}>${left > 0
        ? t("recount.search", { tote, time: countdown(left) }) : t("recount.missing", { tote })}<//>`}>
    <div class="centre"><${Icon} name="scan" /><p class="place">${tote}</p>
      <p class="lead">${t("recount.lead")}</p></div><//>`;
}

function Count({ ticket, code }) {
  const lines = ticket.lines.filter((line) => line.picked > 0);
  const counts = useSignal(Object.fromEntries(lines.map((line) => [line.id, line.tote === code ? line.picked : 0])));
  const amountOf = (line) => ({ get value() { return counts.value[line.id]; },
    set value(n) { counts.value = { ...counts.value, [line.id]: n }; } });
  const confirm = async () => {
    const told = lines.map((line) => ({ line: line.id, quantity: counts.value[line.id] }));
    await act(ticket, "tote", { code, counts: told });
    tell("right", code, t("recount.done"));
  };
  return html`<${Screen} title=${t("recount.of", { tote: code })} actions=${html`
      <${Button} kind="primary" command="CONFIRM" onClick=${confirm}>${t("recount.confirm")}<//>`}>
    <p class="lead">${t("recount.count")}</p>
    ${lines.map((line) => html`<section key=${line.id} class="count"><h2>${say(line.name)}</h2>
      <${Stepper} amount=${amountOf(line)} most=${line.quantity} unit=${line.unit} label=${say(line.name)} /></section>`)}<//>`;
}
