// state: which order is on the packing table, and what can be undone.
// Exports:
//   chosen, active             the ticket on the table: the chosen one, else what was begun, else the first due
//   isQueueOpen, problemLine   what covers the order on a small screen; id of the line whose exception sheet
//   is open
//   pack(ticket, line, quantity), undo(ticket), canUndo(ticket)
//   newBag(ticket, temperature), nextZone(ticket), closeBag(ticket, bag)
//   seen                       signal, codes of totes scanned at this station
//   followRefusals()           a refused tote is told like a wrong scan: the next scan clears it
import { dismiss, rejected } from "../core/outbox.js";
import { heldOf } from "../core/parts.js";
import { tell } from "../core/feedback.js";
import { quantity as amount } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { openOf } from "../core/lines.js";
import { computed, effect, signal } from "../core/view.js";
import { act } from "../core/work.js";

export const chosen = signal(null);
export const isQueueOpen = signal(false);
export const problemLine = signal(null);
export const seen = signal([]);
export const active = computed(() => {
  const held = heldOf("packing");
  return held.find((ticket) => ticket.id === chosen.value)
    ?? held.find((ticket) => ticket.state === "working") ?? held[0] ?? null;
});

const packed = signal([]);

export const canUndo = (ticket) => packed.value.some((step) => step.ticket === ticket.id);

export function choose(id) {
  chosen.value = id;
  isQueueOpen.value = false;
  problemLine.value = null;
}

export async function pack(ticket, line, quantity) {
  const after = await act(ticket, "pack", { line: line.id, quantity });
  packed.value = [...packed.value, { ticket: ticket.id, line: line.id, quantity }];
  const now = after.lines.find((one) => one.id === line.id);
  tell("right", say(line.name), t("pack.count", { done: amount(now.packed, line.unit),
    all: amount(line.quantity - now.short, line.unit) }));
}

export async function undo(ticket) {
  const step = packed.peek().findLast((one) => one.ticket === ticket.id);
  if (!step) return;
  packed.value = packed.peek().filter((one) => one !== step);
  const line = ticket.lines.find((one) => one.id === step.line);
  await act(ticket, "unpack", { line: step.line, quantity: step.quantity });
  tell("duplicate", say(line.name), t("pack.undone", { n: amount(step.quantity, line.unit) }));
}

/** The temperature of the goods packed last, else of the first that are still to pack. */
export function nextZone(ticket) {
  const step = packed.value.findLast((one) => one.ticket === ticket.id);
  const line = ticket.lines.find((one) => step ? one.id === step.line : openOf(one) > 0) ?? ticket.lines[0];
  return line?.zone ?? "ambient";
}

export async function newBag(ticket, temperature) {
  await act(ticket, "new_bag", { temperature });
  tell("right", t("bag.new_done"), t(`zone.${temperature}`));
}

export async function closeBag(ticket, bag) {
  if (bag.state !== "open") return tell("duplicate", bag.code, t("bag.closed_already", { n: bag.n }));
  await act(ticket, "close_bag", { code: bag.code });
  tell("right", t("bag.closed", { n: bag.n }), t(`zone.${bag.temperature}`));
}

export function followRefusals() {
  effect(() => {
    for (const { seq, op, answer } of rejected.value.filter((entry) => entry.op.type === "tote")) {
      dismiss(seq);
      const owner = /\d{4,}/.exec(answer.message ?? "")?.[0];
      tell("wrong", op.payload.code, answer.code === "tote_of_other_order" && owner
        ? t("tote.of_order", { order: owner.slice(-4) }) : t("tote.foreign"));
    }
  });
}
