// scan: what a scan does while picking. Exports: onScan(parsed, code), takeAmount({ticket, line}, pieces or grams)
// item → one more picked; tote → bound, chosen or confirmed; place → confirmed, or the end of the ticket.
import { tell } from "../core/feedback.js";
import { quantity as amountText } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { amountIn, matches } from "../core/lines.js";
import { answerOffer, offeredOf } from "../core/parts.js";
import { act } from "../core/work.js";
import { active, activeTote, chooseTote, countOf, current, finish, heavierOf, here, joined, jump, lastPut, open, pick,
  putBack, sheet, stops, task, together } from "./state.js";

// Floor rule 9: up to this much over is the shop's cost, beyond it the goods are swapped or cut.
const OVERWEIGHT_SHARE = 0.1;

const expected = ({ line }) => t("scan.expected", { name: say(line.name), place: line.location });

async function takeTote({ code }) {
  const { what, ticket } = task.value;
  if (ticket.kind === "second_look") return toteOfLook(ticket, code);
  if (ticket.kind !== "work") return tell("duplicate", code, t("scan.not_needed"));
  if (what === "recount") return countTote(ticket, code);
  const holder = together.value.find((one) => one.totes.some((tote) => tote.code === code));
  if (!holder) {
    await act(ticket, "tote", { code });
    chooseTote(ticket, code);
    return tell("right", code, ticket.tour ? t("tour.bound", { slot: ticket.tour.sequence, order: ticket.short_no })
      : t("tote.bound", { order: ticket.short_no }));
  }
  if (what === "line" && holder.id !== ticket.id) return confirmSlot(ticket, holder, code);
  if (holder.id !== ticket.id) return tell("wrong", code, t("tour.taken", { slot: holder.tour.sequence }));
  const same = activeTote(ticket) === code;
  chooseTote(ticket, code);
  tell(same && !ticket.tour ? "duplicate" : "right", code, t("tote.chosen"));
}

/** Goods that are found go into a tote of the order; where it has none yet, into the one that is scanned. */
function toteOfLook(ticket, code) {
  const [own] = ticket.totes;
  if (own && !ticket.totes.some((tote) => tote.code === code)) {
    return tell("wrong", code, t("look.into", { tote: own.code }));
  }
  chooseTote(ticket, code);
  tell("right", code, t("tote.chosen"));
}

function countTote(ticket, code) {
  if (!ticket.recount.includes(code)) return tell("wrong", code, t("recount.first", { tote: ticket.recount[0] }));
  chooseTote(ticket, code);
  tell("right", code, t("recount.count"));
}

/** The tote of what was put away just now may still be scanned; any other one is another order's. */
function confirmSlot(ticket, holder, code) {
  const wasPut = lastPut.value === holder.id;
  lastPut.value = null;
  if (wasPut) return tell("right", code, t("tour.confirmed", { slot: holder.tour.sequence }));
  tell("wrong", code, t("tour.goes_into", { slot: ticket.tour.sequence, tote: activeTote(ticket) }));
}

async function takePlace({ value }) {
  const stop = current();
  if (!stop) {
    const [ticket] = together.value;
    if (ticket.kind === "work" && ticket.totes.length) return finish(ticket, value);
    return tell("unknown", value, t("scan.not_needed"));
  }
  if (value !== stop.line.location && value !== stop.line.found_at) return tell("wrong", value, expected(stop));
  here.value = value;
  tell("right", value, t("place.here"));
}

function tooMuch(line, amount) {
  const left = open(line);
  return line.weighed ? line.picked + amount > line.quantity * (1 + OVERWEIGHT_SHARE) : amount > left;
}

/** The line that a code means: the one in hand, else an open one, else one that is done. */
function meantBy(parsed) {
  const done = together.value.flatMap((ticket) => ticket.lines.map((line) => ({ ticket, line })));
  return [...stops(), ...done].find(({ line }) => matches(line, parsed));
}

async function takeItem(parsed, code) {
  const stop = current(), meant = meantBy(parsed);
  if (!meant) return tell("wrong", code, stop ? expected(stop) : t("scan.all_done"));
  if (meant.line.state !== "todo") return tell("duplicate", say(meant.line.name), t("scan.line_done"));
  if (meant.line.id !== stop.line.id) {
    jump.value = meant.line.id;
    return tell("wrong", say(meant.line.name), expected(stop));
  }
  await takeAmount(stop, amountIn(stop.line, parsed));
}

export async function takeAmount({ ticket, line }, amount) {
  if (amount === null) return tell("unknown", say(line.name), t("pick.no_weight"));
  if (["count", "second_look"].includes(ticket.kind)) {
    const counted = countOf(line);
    if (counted.value + amount > (line.quantity ?? Infinity)) return tell("duplicate", say(line.name), t("look.enough"));
    counted.value += amount;
    return tell("right", say(line.name), t("count.now", { n: amountText(counted.value, line.unit) }));
  }
  if (tooMuch(line, amount)) {
    if (line.weighed && ticket.kind === "work") heavierOf(line).value = String(amount);
    if (line.weighed && sheet.value === "problem") {
      return tell("right", say(line.name), t("problem.weighs", { n: amountText(amount, line.unit) }));
    }
    return tell("wrong", say(line.name), t("pick.over", { n: amountText(open(line), line.unit) }));
  }
  if (ticket.kind === "put_back") return putBack(ticket, line, Math.min(amount, open(line)), "restock");
  const { what, ticket: asked } = task.value;
  if (what === "recount") return tell("wrong", say(line.name), t("recount.first", { tote: asked.recount[0] }));
  if (what === "tote") return tell("wrong", say(line.name), t("tote.first"));
  await pick(ticket, line, amount);
}

export async function onScan(parsed, code) {
  joined.value = [];
  const [offer] = active.value ? [] : offeredOf("picking");
  if (offer) return parsed.kind === "order" ? answerOffer(offer, "accept") : tell("unknown", code, t("offer.first"));
  if (!active.value) return tell("unknown", code, t("scan.no_ticket"));
  if (parsed.kind === "tote") return takeTote(parsed);
  if (parsed.kind === "location") return takePlace(parsed);
  if (["gtin", "gs1", "scale"].includes(parsed.kind) || meantBy(parsed)) return takeItem(parsed, code);
  tell("unknown", code, t(parsed.reason === "check_digit" ? "scan.check_digit" : "scan.unknown"));
}
