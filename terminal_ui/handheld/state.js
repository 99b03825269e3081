// state: where the picker stands in the work in hand, and what can be undone.
// Exports:
//   active                    the ticket in hand: a second look, else what was begun, else what is due first, or null
//   together                  the tickets that are walked together, by slot: those of its tour, else it alone
//   stops(), current()        open lines {ticket, line} as they are met: the chosen one first, skipped ones last
//   task                      computed {what: "recount" | "tote" | "line" | "done", ticket, line?}: what is to do now
//   hasBegun()                is anything in a tote yet
//   here                      signal: the last place where the picker certainly was
//   open(line)                how much of a line (of either kind) is left
//   sheet                     signal: null | "problem" | "list" | "give_back" | "type", what covers the line
//   jump                      signal: id of a later line whose goods were scanned just now
//   joined                    signal: tickets that joined the tour while it is walked, until the next scan
//   lastPut                   signal: the ticket whose goods were put into a tote just now
//   zero                      signal: the stop whose shelf should be empty now, until it is answered or work goes on
//   countOf(line)             {value}: how much of a shelf has been counted
//   heavierOf(line)           {value}: text, the grams of a piece that weighs too much, as scanned or typed
//   answerZero(empty), endCount(ticket, line), endLook(ticket, line, amount, tote?)
//   choose(id), skip(stop), undo(), canUndo(), giveBack()
//   pick(ticket, line, amount), putBack(ticket, line, amount, outcome), finish(ticket, place?)
//   activeTote(ticket)        the tote that the next item goes into: chosenIn(ticket), set by chooseTote(ticket, code),
//                             else the one bound last
import { tell } from "../core/feedback.js";
import { quantity as amountText } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { heldOf } from "../core/parts.js";
import { computed, effect, signal } from "../core/view.js";
import { act } from "../core/work.js";
import { missing, toPutBack } from "./reduce.js";

export const sheet = signal(null);
export const jump = signal(null);
export const here = signal(null);
export const joined = signal([]);
export const lastPut = signal(null);
export const zero = signal(null);
const counts = signal({});
const heavier = signal({});
const chosenTotes = signal({});
const chosen = signal(null);
const skipped = signal([]);
const steps = signal([]);

export const active = computed(() => {
  const held = heldOf("picking");
  return held.find((ticket) => ticket.kind === "second_look")
    ?? held.find((ticket) => ticket.state === "working") ?? held[0] ?? null;
});
export const together = computed(() => {
  const first = active.value;
  if (!first?.tour) return first ? [first] : [];
  return heldOf("picking").filter((ticket) => ticket.tour?.id === first.tour.id)
    .sort((one, other) => one.tour.sequence - other.tour.sequence);
});
export const open = (line) => line.restocked === undefined ? missing(line) : toPutBack(line);

/** Open lines of all these tickets in the order in which the picker meets them. */
export function stops() {
  const all = together.value.flatMap((ticket) => ticket.lines.filter((line) => line.state === "todo")
    .map((line) => ({ ticket, line }))).sort((one, other) => one.line.position - other.line.position);
  const first = all.filter(({ line }) => line.id === chosen.value);
  const rest = all.filter(({ line }) => line.id !== chosen.value);
  const isSkipped = ({ line }) => skipped.value.includes(line.id);
  const late = rest.filter(isSkipped).sort((one, other) =>
    skipped.value.indexOf(one.line.id) - skipped.value.indexOf(other.line.id));
  return [...first, ...rest.filter((stop) => !isSkipped(stop)), ...late];
}

export const current = () => stops()[0] ?? null;

export const hasBegun = () => together.value.some((ticket) => ticket.lines.some((line) => line.picked > 0));

/** Each order gets its tote before the walk; one that joins later gets it at its first shelf. */
function lacksTote(stop) {
  const asked = hasBegun() ? [stop.ticket]
    : together.value.filter((ticket) => ticket.lines.some((line) => line.state === "todo"));
  return asked.find((ticket) => !ticket.totes.length);
}

export const task = computed(() => {
  const counted = together.value.find((ticket) => ticket.recount?.length);
  if (counted) return { what: "recount", ticket: counted };
  const stop = current();
  if (!stop) return { what: "done", ticket: together.value[0] };
  const toteless = stop.ticket.kind === "work" && lacksTote(stop);
  return toteless ? { what: "tote", ticket: toteless } : { what: "line", ...stop };
});

export function activeTote(ticket) {
  const codes = ticket.totes.map((tote) => tote.code);
  return codes.includes(chosenIn(ticket)) ? chosenIn(ticket) : codes.at(-1) ?? null;
}

export const chosenIn = (ticket) => chosenTotes.value[ticket.id];
export function chooseTote(ticket, code) { chosenTotes.value = { ...chosenTotes.value, [ticket.id]: code }; }

export function choose(id) {
  chosen.value = id;
  jump.value = null;
  sheet.value = null;
}

export function skip({ line }) {
  chosen.value = null;
  skipped.value = [...skipped.value.filter((id) => id !== line.id), line.id];
  tell("duplicate", say(line.name), t("skip.done"));
}

export async function pick(ticket, line, amount) {
  const tote = activeTote(ticket);
  const weight = line.weighed ? { weight_g: amount } : {};
  const after = await act(ticket, "pick", { line: line.id, quantity: amount, tote, ...weight });
  steps.value = [...steps.value, { ticket: ticket.id, line: line.id, amount, tote }];
  jump.value = null;
  here.value = line.found_at ?? line.location;
  lastPut.value = ticket.id;
  const now = after.lines.find((one) => one.id === line.id);
  zero.value = now.state === "closed" && line.empties && line.left_empty === null ? { ticket, line } : null;
  const into = ticket.tour ? t("tour.into", { slot: ticket.tour.sequence, tote }) : tote;
  tell("right", say(line.name), t("pick.count", { done: amountText(now.picked, line.unit),
    all: amountText(line.quantity - now.short, line.unit), tote: into }));
}

const lastStep = () => steps.value.findLast((step) => together.value.some((ticket) => ticket.id === step.ticket))
  ?? fromSnapshot();

/** After a reload the steps are gone, but what the last line holds can still be taken back. */
function fromSnapshot() {
  const held = together.value.filter((ticket) => ticket.kind === "work").flatMap((ticket) =>
    ticket.lines.filter((line) => line.picked > 0).map((line) => ({ ticket, line })));
  const last = held.sort((one, other) => one.line.position - other.line.position).at(-1);
  return last && { ticket: last.ticket.id, line: last.line.id, amount: last.line.weighed ? last.line.picked : 1,
    tote: last.line.tote };
}

export const canUndo = () => Boolean(lastStep());

export async function undo() {
  const step = lastStep();
  if (!step) return;
  steps.value = steps.value.filter((one) => one !== step);
  const ticket = together.value.find((one) => one.id === step.ticket);
  const line = ticket.lines.find((one) => one.id === step.line);
  choose(line.id);
  lastPut.value = null;
  zero.value = null;
  await act(ticket, "unpick", { line: step.line, quantity: step.amount, ...(step.tote && { tote: step.tote }) });
  tell("duplicate", say(line.name), t("pick.undone", { n: amountText(step.amount, line.unit) }));
}

/** A tour is one piece of work: whoever can't go on gives all of it back. */
export async function giveBack() {
  const all = together.value;
  sheet.value = null;
  for (const ticket of all) await act(ticket, "give_back", { reason: "unable" });
  tell("duplicate", all.length > 1 ? t("tour.title", { n: all.length }) : t("order.title", { order: all[0].short_no }),
    t("give_back.done"));
}

export async function putBack(ticket, line, amount, outcome) {
  await act(ticket, "put_back", { line: line.id, quantity: amount, outcome });
  here.value = line.location;
  tell("right", say(line.name), t(`put_back.${outcome}.done`, { n: amountText(amount, line.unit) }));
}

/** Nobody has to answer: the next goods take the question away. */
export async function answerZero(empty) {
  const { ticket, line } = zero.value;
  zero.value = null;
  await act(ticket, "zero_check", { line: line.id, empty });
  tell(empty ? "right" : "duplicate", line.location, t(empty ? "zero.thanks" : "zero.counted"));
}

export const countOf = ({ id }) => ({ get value() { return counts.value[id] ?? 0; },
  set value(amount) { counts.value = { ...counts.value, [id]: amount }; } });

export const heavierOf = ({ id }) => ({ get value() { return heavier.value[id] ?? ""; },
  set value(grams) { heavier.value = { ...heavier.value, [id]: grams }; } });

export async function endCount(ticket, line) {
  const amount = countOf(line).value;
  here.value = line.location;
  await act(ticket, "count", { line: line.id, quantity: amount });
  tell("right", say(line.name), t("count.done", { n: amountText(amount, line.unit) }));
}

export async function endLook(ticket, line, amount, tote) {
  here.value = line.location;
  if (amount) await act(ticket, "found", { line: line.id, quantity: amount, tote });
  else await act(ticket, "not_found", { line: line.id });
  tell(amount ? "right" : "duplicate", say(line.name), t(amount ? "look.thanks" : "look.believed"));
}

export async function finish(ticket, place) {
  sheet.value = null;
  await act(ticket, place ? "stage" : "complete", place ? { location: place } : {});
  tell("right", t("finish.done", { order: ticket.short_no }), place ? t("finish.at", { place }) : "");
}

// A ticket may join a tour that is being walked. Its own document and those of the others come in any order.
const listed = new Map(), coming = new Set();
effect(() => {
  const toured = together.value.filter((ticket) => ticket.tour);
  if (!toured.length) return;
  const { id } = toured[0].tour, known = listed.get(id);
  const all = new Set(toured.flatMap((ticket) => ticket.tour.tickets));
  if (known) for (const one of all) if (!known.has(one)) coming.add(one);
  listed.set(id, new Set([...(known ?? []), ...all]));
  const fresh = toured.filter((ticket) => coming.delete(ticket.id));
  if (fresh.length) joined.value = fresh;
});
