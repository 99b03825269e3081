// seal: the end of packing, and where the bags go then.
// Exports: blocked(ticket) → why it cannot be sealed yet, or ""; seal(ticket, place?)
//          shelved signal, {short_no, bags} of the order sealed last, or null; followSeals() keeps it
import { tell } from "../core/feedback.js";
import { t } from "../core/i18n.js";
import { openOf } from "../core/lines.js";
import { effect, signal } from "../core/view.js";
import { act, answered } from "../core/work.js";

export const shelved = signal(null);

export function blocked(ticket) {
  const open = ticket.lines.filter((line) => openOf(line) > 0).length;
  if (open > 0) return t("seal.lines_open", { n: open });
  const bags = ticket.bags.filter((bag) => bag.state === "open" && bag.lines.length > 0).length;
  return bags > 0 ? t("seal.bags_open", { n: bags }) : "";
}

export async function seal(ticket, place) {
  const why = blocked(ticket);
  if (why) return tell("wrong", t("seal.not_yet"), why);
  if (ticket.sealing) return tell("duplicate", t("seal.under_way"));
  await act(ticket, "seal", place ? { place } : {});
  tell("right", t("seal.done"), t("order.title", { order: ticket.short_no }));
}

/** The server gives every bag its shelf: the packer reads it here, the ticket itself is gone by then. */
export function followSeals() {
  effect(() => {
    const done = answered.value.find(({ op, result }) => op.type === "seal" && !result.code && result.ticket);
    if (done) shelved.value = { short_no: done.result.ticket.short_no, bags: done.result.ticket.bags };
  });
}
