// state: where the picker stands in the ticket, and what can be undone.
// Exports:
//   active                    the ticket in hand, or null
//   current(ticket)           the line to work on: the chosen one, else the next in walk order, skipped ones last
//   following(ticket)         the line after it, or undefined
//   open(line)                how much of a line (of either kind) is left
//   sheet                     signal: null | "problem" | "list" | "give_back", what covers the line
//   jump                      signal: id of a later line whose goods were scanned just now
//   choose(id), skip(ticket, line), undo(ticket), canUndo(ticket)
//   pick(ticket, line, amount), putBack(ticket, line, amount, outcome), finish(ticket, place?)
//   activeTote(ticket)        the tote that the next item goes into
import { tell } from "../core/feedback.js";
import { quantity as amountText } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { heldOf } from "../core/parts.js";
import { computed, signal } from "../core/view.js";
import { act } from "../core/work.js";
import { missing, toPutBack } from "./reduce.js";

export const sheet = signal(null);
export const jump = signal(null);
export const chosenTote = signal(null);
const chosen = signal(null);
const skipped = signal([]);
const steps = signal([]);

export const active = computed(() => heldOf("picking")[0] ?? null);
export const open = (line) => line.restocked === undefined ? missing(line) : toPutBack(line);

const todo = (ticket) => ticket.lines.filter((line) => line.state === "todo");

/** Lines still to do in the order in which the picker meets them. */
export function walk(ticket) {
  const lines = todo(ticket);
  const first = lines.filter((line) => line.id === chosen.value);
  const rest = lines.filter((line) => line.id !== chosen.value);
  const isSkipped = (line) => skipped.value.includes(line.id);
  const late = rest.filter(isSkipped).sort((one, other) =>
    skipped.value.indexOf(one.id) - skipped.value.indexOf(other.id));
  return [...first, ...rest.filter((line) => !isSkipped(line)), ...late];
}

export const current = (ticket) => walk(ticket)[0] ?? null;
export const following = (ticket) => walk(ticket)[1];

export function activeTote(ticket) {
  const codes = ticket.totes.map((tote) => tote.code);
  return codes.includes(chosenTote.value) ? chosenTote.value : codes.at(-1) ?? null;
}

export function choose(id) {
  chosen.value = id;
  jump.value = null;
  sheet.value = null;
}

export function skip(ticket, line) {
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
  const now = after.lines.find((one) => one.id === line.id);
  tell("right", say(line.name), t("pick.count", { done: amountText(now.picked, line.unit),
    all: amountText(line.quantity - now.short, line.unit), tote }));
}

const lastStep = (ticket) => steps.value.findLast((step) => step.ticket === ticket.id)
  ?? fromSnapshot(ticket);

/** After a reload the steps are gone, but what the line holds can still be taken back. */
function fromSnapshot(ticket) {
  const line = ticket.lines.findLast((one) => one.picked > 0);
  return line && { ticket: ticket.id, line: line.id, amount: line.weighed ? line.picked : 1, tote: line.tote };
}

export const canUndo = (ticket) => ticket.kind !== "put_back" && Boolean(lastStep(ticket));

export async function undo(ticket) {
  const step = lastStep(ticket);
  if (!step) return;
  steps.value = steps.value.filter((one) => one !== step);
  const line = ticket.lines.find((one) => one.id === step.line);
  choose(line.id);
  await act(ticket, "unpick", { line: step.line, quantity: step.amount, ...(step.tote && { tote: step.tote }) });
  tell("duplicate", say(line.name), t("pick.undone", { n: amountText(step.amount, line.unit) }));
}

export async function putBack(ticket, line, amount, outcome) {
  await act(ticket, "put_back", { line: line.id, quantity: amount, outcome });
  tell("right", say(line.name), t(`put_back.${outcome}.done`, { n: amountText(amount, line.unit) }));
}

export async function finish(ticket, place) {
  sheet.value = null;
  await act(ticket, place ? "stage" : "complete", place ? { location: place } : {});
  tell("right", t("finish.done", { order: ticket.short_no }), place ? t("finish.at", { place }) : "");
}
