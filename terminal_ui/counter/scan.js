// scan: what a scan does at the counter. Exports: onScan(parsed, code)
// badge or six digits → the rider is here; bag → counted, or told whose it is; place → which orders stand
// there.
import { tell } from "../core/feedback.js";
import { t } from "../core/i18n.js";
import { heldOf } from "../core/parts.js";
import { act } from "../core/work.js";
import { recallBag, recalls } from "./recall.js";
import { leaving } from "./reduce.js";
import { arrival, arrive, chosen, released, shown } from "./state.js";

const PICKUP_CODE = /^\d{6}$/;
const orderTitle = (ticket) => t("order.title", { order: ticket.short_no });

async function takeBag({ code }) {
  if (recalls.value.length) return recallBag(code);
  const owner = heldOf("handoff").find((ticket) => ticket.bags.some((bag) => bag.code === code));
  if (!owner) return tell("wrong", code, t("bag.unknown"));
  const bag = owner.bags.find((one) => one.code === code);
  if (!shown.value.some((ticket) => ticket.id === owner.id)) {
    const place = bag.place ?? "–";
    return tell("wrong", t("bag.of_order", { order: owner.short_no }),
      t(arrival.value ? "bag.put_back" : "bag.rider_first", { place }));
  }
  await countBag(owner, bag);
}

export async function countBag(ticket, bag) {
  const total = leaving(ticket).length;
  if (bag.state === "left_out") return tell("wrong", orderTitle(ticket), t("refused.bag_left_out"));
  if (bag.state === "scanned") return tell("duplicate", orderTitle(ticket), t("bag.counted_already",
    { n: bag.n, total }));
  const after = await act(ticket, "bag_scan", { code: bag.code });
  tell("right", t("bag.count", { n: after.scanned, total }), orderTitle(ticket));
}

function takeOrder({ value }) {
  const ticket = heldOf("handoff").find((held) => held.order_no === value || held.short_no === value);
  if (!ticket) return tell("wrong", value, t("order.unknown"));
  open(ticket);
}

function takePlace({ value }) {
  const ticket = heldOf("handoff").find((held) => held.bags.some((bag) => bag.place === value));
  if (!ticket) return tell("unknown", value, t("place.empty"));
  open(ticket);
}

function open(ticket) {
  if (arrival.value) return tell("unknown", orderTitle(ticket), t("order.rider_here"));
  chosen.value = ticket.id;
  tell("right", orderTitle(ticket));
}

export async function onScan(parsed, code) {
  released.value = null;
  if (parsed.kind === "bag") return takeBag(parsed);
  if (recalls.value.length) return tell("wrong", code, t("recall.first"));
  if (parsed.kind === "badge" || PICKUP_CODE.test(code.trim())) return arrive(code);
  if (parsed.kind === "order") return takeOrder(parsed);
  if (parsed.kind === "location") return takePlace(parsed);
  tell("unknown", code, t("scan.unknown"));
}
