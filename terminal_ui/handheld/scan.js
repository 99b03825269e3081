// scan: what a scan does while picking. Exports: onScan(parsed, code), takeAmount(ticket, line, pieces or grams)
// item → one more picked; tote → bound or chosen; place → confirmed, or the end of the ticket.
import { tell } from "../core/feedback.js";
import { quantity as amountText } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { amountIn, matches } from "../core/lines.js";
import { answerOffer, offeredOf } from "../core/parts.js";
import { act } from "../core/work.js";
import { active, activeTote, chosenTote, current, finish, jump, open, pick, putBack } from "./state.js";

// Floor rule 9: up to this much over is the shop's cost, beyond it the goods are swapped or cut.
const OVERWEIGHT_SHARE = 0.1;

const expected = (line) => t("scan.expected", { name: say(line.name), place: line.location });

async function takeTote(ticket, { code }) {
  if (ticket.kind === "put_back") return tell("duplicate", code, t("scan.not_needed"));
  if (ticket.recount?.includes(code)) { chosenTote.value = code; return tell("right", code, t("recount.count")); }
  if (ticket.recount?.length) return tell("wrong", code, t("recount.first", { tote: ticket.recount[0] }));
  if (ticket.totes.some((tote) => tote.code === code)) {
    const same = activeTote(ticket) === code;
    chosenTote.value = code;
    return tell(same ? "duplicate" : "right", code, t("tote.chosen"));
  }
  await act(ticket, "tote", { code });
  chosenTote.value = code;
  tell("right", code, t("tote.bound", { order: ticket.short_no }));
}

async function takePlace(ticket, { value }) {
  const line = current(ticket);
  if (!line && ticket.kind !== "put_back" && ticket.totes.length) return finish(ticket, value);
  if (!line) return tell("unknown", value, t("scan.not_needed"));
  if (value === line.location || value === line.found_at) return tell("right", value, t("place.here"));
  tell("wrong", value, expected(line));
}

function tooMuch(line, amount) {
  const left = open(line);
  return line.weighed ? line.picked + amount > line.quantity * (1 + OVERWEIGHT_SHARE) : amount > left;
}

async function takeItem(ticket, parsed, code) {
  const line = current(ticket);
  const meant = line && matches(line, parsed) ? line : ticket.lines.find((one) => matches(one, parsed));
  if (!meant) return tell("wrong", code, line ? expected(line) : t("scan.all_done"));
  if (meant.state !== "todo") return tell("duplicate", say(meant.name), t("scan.line_done"));
  if (meant !== line) {
    jump.value = meant.id;
    return tell("wrong", say(meant.name), expected(line));
  }
  await takeAmount(ticket, line, amountIn(line, parsed));
}

export async function takeAmount(ticket, line, amount) {
  if (amount === null) return tell("unknown", say(line.name), t("pick.no_weight"));
  if (tooMuch(line, amount)) {
    return tell("wrong", say(line.name), t("pick.over", { n: amountText(open(line), line.unit) }));
  }
  if (ticket.kind === "put_back") return putBack(ticket, line, Math.min(amount, open(line)), "restock");
  if (ticket.recount?.length) return tell("wrong", say(line.name), t("recount.first", { tote: ticket.recount[0] }));
  if (!ticket.totes.length) return tell("wrong", say(line.name), t("tote.first"));
  await pick(ticket, line, amount);
}

export async function onScan(parsed, code) {
  const [offer] = offeredOf("picking");
  if (offer) return parsed.kind === "order" ? answerOffer(offer, "accept") : tell("unknown", code, t("offer.first"));
  const ticket = active.value;
  if (!ticket) return tell("unknown", code, t("scan.no_ticket"));
  if (parsed.kind === "tote") return takeTote(ticket, parsed);
  if (parsed.kind === "location") return takePlace(ticket, parsed);
  if (["gtin", "gs1", "scale"].includes(parsed.kind) || ticket.lines.some((line) => matches(line, parsed))) {
    return takeItem(ticket, parsed, code);
  }
  tell("unknown", code, t(parsed.reason === "check_digit" ? "scan.check_digit" : "scan.unknown"));
}
