// state: which delivery is open on the phone, and what the server said to the last one.
// Exports:
//   opened           computed, the open delivery: the chosen one, or the only one
//   sheet            signal, "" | "badge" | "pin" | "return" | "refuse": what covers it
//   open(id), close(), report(ticket, name), deliver(ticket, pin?), bringBack(ticket, reason)
//   called(ticket)   the customer is being called; mayLeave(ticket) true once they count as absent
//   collect(ticket, isAll), bring(ticket): goods that are fetched; refuse(ticket, bags, reason)
//   onScan(parsed, code)
//   followAnswers()  a wrong PIN is told like a wrong scan; a delivery done is told, the ticket has left by
//   then
import { secondsUntil } from "../core/clock.js";
import { tell } from "../core/feedback.js";
import { t } from "../core/i18n.js";
import { online } from "../core/live.js";
import { dismiss, rejected } from "../core/outbox.js";
import { heldOf } from "../core/parts.js";
import { computed, effect, signal } from "../core/view.js";
import { act, answered } from "../core/work.js";
import { CALLS } from "./reduce.js";

const PIN_REFUSALS = { pin_wrong: "deliver.ask_again", pin_locked: "deliver.without_now" };

const chosen = signal(null);
export const sheet = signal("");

export const opened = computed(() => {
  const held = heldOf("delivery");
  return held.find((ticket) => ticket.id === chosen.value) ?? (held.length === 1 && chosen.value !== ""
    ? held[0] : null);
});

export function open(id) {
  chosen.value = id;
  sheet.value = "";
}

export function close() {
  chosen.value = "";
  sheet.value = "";
}

export async function report(ticket, name) {
  if (ticket.next_milestones.includes(name)) await act(ticket, "milestone", { name });
  if (name === "arrived") return;
  tell("right", t(`milestone.${name}`), t("order.title", { order: ticket.short_no }));
}

export async function deliver(ticket, pin) {
  await act(ticket, "deliver", pin ? { pin } : {});
  sheet.value = "";
  if (!online.value) tell("duplicate", t("deliver.queued"), t("deliver.queued_detail"));
}

export const called = (ticket) => act(ticket, "call", {});

export const mayLeave = ({ calls = [], absent_from: from }) => calls.length >= CALLS
  && secondsUntil(from) <= 0;

export async function bringBack(ticket, reason) {
  await act(ticket, "return", { reason });
  sheet.value = "";
  tell("right", t("milestone.returning"), t("return.lead"));
}

/** With all of the goods, or with nothing: then the task is over. */
export async function collect(ticket, isAll) {
  await act(ticket, "collect", isAll ? {} : { lines: [], reason: "customer_absent" });
}

export async function bring(ticket) {
  await act(ticket, "bring", {});
}

export async function refuse(ticket, bags, reason) {
  await act(ticket, "refuse", { bags, reason });
  sheet.value = "";
}

export function onScan(parsed, code) {
  const held = heldOf("delivery");
  const owner = held.find((ticket) => parsed.kind === "bag" ? ticket.bags.some((bag) =>
    bag.code === parsed.code)
    : parsed.kind === "order" && (ticket.order_no === parsed.value || ticket.short_no === parsed.value));
  if (!owner) return tell(parsed.kind === "unknown" ? "unknown" : "wrong", code, t("scan.not_yours"));
  open(owner.id);
  const bag = owner.bags.find((one) => one.code === parsed.code);
  tell("right", t("order.title", { order: owner.short_no }), bag ? t("bag.of", { n: bag.n,
    total: owner.bags.length }) : "");
}

export function followAnswers() {
  effect(() => {
    for (const { op, result } of answered.value) {
      if (op.type === "deliver" && !result.code) {
        chosen.value = null;
        tell("right", t("deliver.done"), result.ticket ? t("order.title", { order: result.ticket.short_no })
          : "");
      }
    }
  });
  effect(() => {
    for (const { seq, op, answer } of rejected.value) {
      if (op.type !== "deliver" || !(answer.code in PIN_REFUSALS)) continue;
      dismiss(seq);
      open(op.ticket);
      sheet.value = "pin";
      tell("wrong", t(`deliver.${answer.code}`), t(PIN_REFUSALS[answer.code]));
    }
  });
}
