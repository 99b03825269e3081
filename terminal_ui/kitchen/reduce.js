// reduce: what an op of the kitchen does to the ticket on this device, before the server answers. Pure.
// Exports: reduce(ticket, op) → ticket
//          isOver(ticket)   nothing is left to do at the station
//          has(ticket, state)   whether a line is in this state
export const has = (ticket, state) => ticket.lines.some((line) => line.state === state);
export const isOver = (ticket) => !has(ticket, "waiting") && !has(ticket, "cooking");

const moved = (ticket, from, change) => ({ ...ticket, state: "working",
  lines: ticket.lines.map((line) => line.state === from ? { ...line, ...change } : line) });

function short(ticket, { line: id, quantity }) {
  return { ...ticket, lines: ticket.lines.map((line) => {
    if (line.id !== id) return line;
    const after = line.short + (quantity ?? line.quantity - line.short);
    return { ...line, short: after, state: after >= line.quantity ? "dropped" : line.state };
  }) };
}

export function reduce(ticket, op) {
  if (op.type === "accept") return { ...ticket, state: "accepted" };
  if (op.type === "cook") return moved(ticket, "waiting", { state: "cooking", cooking_at: op.at });
  if (op.type === "ready") return moved(ticket, "cooking", { state: "ready" });
  return op.type === "short" ? short(ticket, op.payload) : ticket;
}
