// recall: an order was cancelled before its release: every bag is brought back and scanned before anything
// else.
// Exports:
//   recalls            signal, [{id, order_no, short_no, bags: [{code, n, place, temperature, back}]}], kept
//   on the device
//   recallBag(code)    a scan while a recall stands
//   giveUp(id, code)   the bag is not to be found: the put-back task goes on without it
//   followCancels()    watches the withdrawn tickets
import { tell } from "../core/feedback.js";
import { t } from "../core/i18n.js";
import { heldOf } from "../core/parts.js";
import { effect, signal } from "../core/view.js";
import { dismissNotices, notices } from "../core/work.js";

const KEPT = "fulfil.recalls";
export const recalls = signal(JSON.parse(localStorage.getItem(KEPT) ?? "[]"));
effect(() => { localStorage.setItem(KEPT, JSON.stringify(recalls.value)); });

const known = new Map();

function mark(code, back) {
  recalls.value = recalls.value
    .map((recall) => ({ ...recall, bags: recall.bags.map((bag) => bag.code === code ? { ...bag, back }
      : bag) }))
    .filter((recall) => recall.bags.some((bag) => !bag.back));
}

export function recallBag(code) {
  const recall = recalls.value.find((one) => one.bags.some((bag) => bag.code === code));
  if (!recall) return tell("wrong", code, t("recall.first"));
  const bag = recall.bags.find((one) => one.code === code);
  if (bag.back) return tell("duplicate", t("recall.back_already", { n: bag.n }));
  mark(code, "scanned");
  const left = recall.bags.filter((one) => !one.back).length - 1;
  tell("right", t("recall.bag", { n: bag.n, total: recall.bags.length }), left ? t("recall.left",
    { n: left }) : t("recall.done"));
}

export const giveUp = (code) => mark(code, "lost");

export function followCancels() {
  effect(() => {
    for (const ticket of heldOf("handoff")) known.set(ticket.id, ticket);
  });
  effect(() => {
    for (const notice of notices.value.filter((one) => one.reason === "cancelled"
      && known.has(one.ticket_id))) {
      const { id, order_no, short_no, bags } = known.get(notice.ticket_id);
      known.delete(id);
      dismissNotices([notice.id]);
      if (bags.length === 0) continue;
      recalls.value = [...recalls.peek().filter((recall) => recall.id !== id), { id, order_no, short_no,
        bags: bags.map(({ code, n, place, temperature }) => ({ code, n, place, temperature, back: "" })) }];
      tell("wrong", t("recall.title", { order: short_no }), t("recall.lead"));
    }
  });
}
