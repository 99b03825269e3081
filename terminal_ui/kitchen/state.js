// state: what the cook has in hand, and what a press or a scan does. Exports:
//   inHand(), begun()        tickets with work left, the one that begins first in front; those that were begun
//   problem                  signal, {ticket, line} ids whose sheet is open, or null
//   cook(ticket), ready(ticket), short(ticket, line, quantity, reason)
//   onScan(parsed, code)     a label begins its ticket, or finishes it
import { now } from "../core/clock.js";
import { tell } from "../core/feedback.js";
import { countdown } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { heldOf } from "../core/parts.js";
import { signal } from "../core/view.js";
import { act } from "../core/work.js";
import { has, isOver } from "./reduce.js";

export const problem = signal(null);

const startOf = (ticket) => has(ticket, "cooking") ? 0 : Date.parse(ticket.start_at);

export const inHand = () => heldOf("prep").filter((ticket) => !isOver(ticket))
  .sort((one, other) => startOf(one) - startOf(other));
export const begun = () => heldOf("prep").filter((ticket) => has(ticket, "cooking") || has(ticket, "ready"));

const title = (ticket) => t("order.title", { order: ticket.short_no });

export async function cook(ticket) {
  const early = Math.ceil((Date.parse(ticket.start_at) - now()) / 1000);
  if (early > 0) return tell("wrong", title(ticket), t("cook.early", { time: countdown(early) }));
  await act(ticket, "cook");
  tell("right", title(ticket), t("cook.done"));
}

export async function ready(ticket) {
  await act(ticket, "ready");
  tell("right", title(ticket), t("ready.done"));
}

export async function short(ticket, line, quantity, reason) {
  problem.value = null;
  await act(ticket, "short", { line: line.id, quantity, reason });
  tell("right", say(line.name), t(`short.done.${reason}`, { n: quantity }));
}

export async function onScan(parsed, code) {
  const ticket = inHand().find((one) => one.label.code === parsed.code);
  if (!ticket) return tell("unknown", code, t("scan.unknown"));
  return has(ticket, "cooking") ? ready(ticket) : cook(ticket);
}
