// reduce: what an op of picking, putting back or counting does to the ticket on this device, before the server answers. Pure.
// Exports: reduce(ticket, op) → ticket
//          missing(line)   how much of a pick line is neither picked, reported, replaced nor looked for by an expert
//          toPutBack(line) how much of a put-back line is not decided yet
export const missing = (line) => line.quantity - line.picked - line.short - line.substituted - (line.looking ?? 0);
export const toPutBack = (line) => line.quantity - line.restocked - line.wasted;

const ASKING = ["ask", "substitute"];

const changedLine = (ticket, id, change) => ({ ...ticket, lines: ticket.lines.map((line) =>
  line.id === id ? { ...line, ...change(line) } : line) });

function settled(line, change) {
  const next = { ...line, ...change };
  return { ...change, state: missing(next) > 0 ? "todo" : next.looking ? "looking" : "closed" };
}

function short(line, { quantity, reason }) {
  const change = settled(line, { short: line.short + quantity });
  const waits = change.state === "closed" && ASKING.includes(line.on_shortage) && reason !== "short_weight";
  return waits ? { ...change, state: "deciding" } : change;
}

function putBack(line, { quantity, outcome }) {
  const field = outcome === "restock" ? "restocked" : "wasted";
  const change = { [field]: line[field] + quantity };
  return { ...change, state: toPutBack({ ...line, ...change }) > 0 ? "todo" : "closed" };
}

function tote(ticket, { code }) {
  const known = ticket.totes.some((one) => one.code === code);
  const totes = known ? ticket.totes : [...ticket.totes, { code, order_no: ticket.order_no, place: null }];
  return { ...ticket, totes, recount: (ticket.recount ?? []).filter((one) => one !== code) };
}

const CHANGES = {
  tote,
  pick: (ticket, op) => changedLine(ticket, op.line, (line) => settled(line, {
    picked: line.picked + (op.weight_g ?? op.quantity), tote: op.tote })),
  unpick: (ticket, op) => changedLine(ticket, op.line, (line) => settled(line, {
    picked: line.picked - op.quantity })),
  short: (ticket, op) => changedLine(ticket, op.line, (line) => short(line, op)),
  moved: (ticket, op) => changedLine(ticket, op.line, () => ({ found_at: op.location })),
  zero_check: (ticket, op) => changedLine(ticket, op.line, () => ({ left_empty: op.empty })),
  count: (ticket, op) => changedLine(ticket, op.line, () => ({ counted: op.quantity, state: "closed" })),
  put_back: (ticket, op) => changedLine(ticket, op.line, (line) => putBack(line, op)),
};

const ENDS = { stage: "done", complete: "done", count: "done", found: "done", not_found: "done", give_back: "queued" };

export function reduce(ticket, op) {
  if (op.type === "accept") return { ...ticket, state: "accepted" };
  const changed = CHANGES[op.type]?.(ticket, op.payload) ?? ticket;
  if (op.type in ENDS) return { ...changed, state: ENDS[op.type] };
  return op.type in CHANGES ? { ...changed, state: "working" } : ticket;
}
