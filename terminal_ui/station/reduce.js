// reduce: what a packing op does to the ticket on this device, before the server answers. Pure.
// Exports: reduce(ticket, op) → ticket
//          zonesOf(ticket) → the temperatures of its goods, warmest first
import { openOf } from "../core/lines.js";

const changedLine = (ticket, id, change) => ({ ...ticket, lines: ticket.lines.map((line) => {
  if (line.id !== id) return line;
  const next = { ...line, ...change(line) };
  return { ...next, state: openOf(next) > 0 ? "todo" : "closed" };
}) });

const changedBag = (ticket, bag, change) => ({ ...ticket,
  bags: ticket.bags.map((one) => one.n === bag.n ? { ...one, ...change } : one) });

const held = (bag, line) => bag.lines.find((inside) => inside.line_no === line.line_no)?.quantity ?? 0;

function withContent(ticket, bag, line, quantity, state) {
  const others = bag.lines.filter((inside) => inside.line_no !== line.line_no);
  const lines = quantity > 0 ? [...others, { line_no: line.line_no, sku: line.sku, quantity }] : others;
  return changedBag(ticket, bag, { lines, state });
}

const openBag = (ticket, zone) => ticket.bags.findLast((bag) => bag.state === "open"
  && bag.temperature === zone);

// The server names the bag; until then it has no code, and no label.
const withBag = (ticket, temperature) => ({ ...ticket, bags: [...ticket.bags, { code: null, temperature,
  state: "open",
  n: Math.max(0, ...ticket.bags.map((bag) => bag.n)) + 1, place: null, lines: [] }] });

function pack(ticket, { line: id, quantity }) {
  const line = ticket.lines.find((one) => one.id === id);
  const ready = openBag(ticket, line.zone) ? ticket : withBag(ticket, line.zone);
  const bag = openBag(ready, line.zone);
  return changedLine(withContent(ready, bag, line, held(bag, line) + quantity, "open"), id,
    ({ packed }) => ({ packed: packed + quantity }));
}

function unpack(ticket, { line: id, quantity }) {
  const line = ticket.lines.find((one) => one.id === id);
  const bag = ticket.bags.findLast((one) => held(one, line) >= quantity);
  if (!bag) return ticket;
  return changedLine(withContent(ticket, bag, line, held(bag, line) - quantity, "open"), id,
    ({ packed }) => ({ packed: packed - quantity }));
}

const CHANGES = {
  pack,
  unpack,
  short: (ticket, payload) => changedLine(ticket, payload.line, ({ short }) =>
    ({ short: short + payload.quantity })),
  new_bag: (ticket, { temperature }) => withBag(ticket, temperature),
  close_bag: (ticket, { code }) => changedBag(ticket, ticket.bags.find((bag) => bag.code === code),
    { state: "closed" }),
  seal: (ticket) => ({ ...ticket, sealing: true }),
};

export function reduce(ticket, op) {
  if (op.type === "accept") return { ...ticket, state: "accepted" };
  const change = CHANGES[op.type];
  return change ? { ...change(ticket, op.payload), state: "working" } : ticket;
}

export const zonesOf = (ticket) => ["ambient", "chilled", "frozen"].filter((zone) =>
  ticket.lines.some((line) => line.zone === zone));
