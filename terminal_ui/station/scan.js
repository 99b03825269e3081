// scan: what a scan does at the packing station. Exports: onScan(parsed, code), followAcceptance()
// tote → its order; item → one more packed; printed bag → closed; bag shelf → seal when all is done.
import { tell } from "../core/feedback.js";
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { amountIn, matches, openOf } from "../core/lines.js";
import { answerOffer, heldOf, offeredOf } from "../core/parts.js";
import { effect } from "../core/view.js";
import { act, tickets } from "../core/work.js";
import { active, choose, closeBag, pack, seen } from "./state.js";
import { seal, shelved } from "./seal.js";

let wanted = null;

const orderTitle = (ticket) => t("order.title", { order: ticket.short_no });
const holds = (code) => (ticket) => ticket.totes.some((tote) => tote.code === code);

async function takeTote({ code }) {
  const ticket = heldOf("packing").find(holds(code));
  if (ticket) return openTote(ticket, code);
  const offer = offeredOf("packing").find((one) => holds(code)(one.ticket));
  if (offer) return acceptByTote(offer, code);
  tell("wrong", code, t("tote.foreign"));
  // Only the server knows whose it is: its refusal names the order.
  if (active.value) await act(active.value, "tote", { code });
}

async function openTote(ticket, code) {
  const wasOpen = seen.value.includes(code) && active.value?.id === ticket.id;
  choose(ticket.id);
  if (wasOpen) return tell("duplicate", code, orderTitle(ticket));
  await act(ticket, "tote", { code });
  seen.value = [...seen.value.filter((one) => one !== code), code];
  tell("right", orderTitle(ticket), t("tote.opened", { code }));
}

async function acceptByTote(offer, code) {
  await answerOffer(offer, "accept");
  wanted = { ticket: offer.ticket.id, code };
  tell("right", orderTitle(offer.ticket), t("offer.answering"));
}

/** The tote whose scan accepted its order is opened once the server has given the order to this person. */
export function followAcceptance() {
  effect(() => {
    const ticket = tickets.value.find((held) => held.id === wanted?.ticket);
    if (!ticket) return;
    const { code } = wanted;
    wanted = null;
    queueMicrotask(() => openTote(ticket, code));
  });
}

async function takeItem(parsed, code) {
  const ticket = active.value;
  if (!ticket) return tell("wrong", code, t("scan.tote_first"));
  const lines = ticket.lines.filter((line) => matches(line, parsed));
  if (lines.length === 0) return tellForeign(parsed, code);
  const line = lines.find((one) => openOf(one) > 0);
  if (!line) return tell("duplicate", say(lines[0].name), t("pack.over"));
  const amount = amountIn(line, parsed);
  if (amount === null) return tell("unknown", say(line.name), t("pack.no_weight"));
  if (amount > openOf(line)) return tell("wrong", say(line.name), t("pack.only",
    { n: quantity(openOf(line), line.unit) }));
  await pack(ticket, line, amount);
}

function tellForeign(parsed, code) {
  const other = heldOf("packing").find((ticket) => ticket.lines.some((line) => matches(line, parsed)));
  const line = other?.lines.find((one) => matches(one, parsed));
  if (line) return tell("wrong", say(line.name), t("scan.item_of", { order: other.short_no }));
  if (parsed.kind === "unknown") {
    return tell("unknown", code, t(parsed.reason === "check_digit" ? "scan.check_digit" : "scan.unknown"));
  }
  tell("wrong", code, t("scan.not_in_order", { order: active.value.short_no }));
}

async function takeBag({ code }) {
  const owner = heldOf("packing").find((ticket) => ticket.bags.some((bag) => bag.code === code));
  if (!owner) return tell("wrong", code, t("bag.foreign"));
  const bag = owner.bags.find((one) => one.code === code);
  if (owner.id !== active.value?.id) {
    return tell("wrong", code, t("bag.of_order", { order: owner.short_no }));
  }
  await closeBag(owner, bag);
}

async function takePlace({ value }) {
  if (!active.value) return tell("wrong", value, t("scan.tote_first"));
  await seal(active.value, value);
}

function takeOrder({ value }) {
  const ticket = heldOf("packing").find((held) => held.order_no === value || held.short_no === value);
  if (!ticket) return tell("wrong", value, t("scan.not_yours"));
  choose(ticket.id);
  tell("right", orderTitle(ticket));
}

const TAKES = { tote: takeTote, bag: takeBag, location: takePlace, order: takeOrder };

export function onScan(parsed, code) {
  wanted = null;
  shelved.value = null;
  if (parsed.kind === "badge") return tell("unknown", code, t("scan.not_now"));
  return (TAKES[parsed.kind] ?? takeItem)(parsed, code);
}
