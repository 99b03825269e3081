// reduce: what a handover op does to the ticket on this device, before the server answers. Pure.
// A release has no local effect: it is the server's act alone.
// Exports: reduce(ticket, op) → ticket; isComplete(ticket) true when no bag is still to be scanned or
// searched for; leaving(ticket) its bags without those left out; isTooWarm(ticket, bag)
const withBag = (ticket, code, state, at) => {
  const bags = ticket.bags.map((bag) => bag.code === code ? { ...bag, state } : bag);
  return { ...ticket, bags, scanned: bags.filter((bag) => bag.state === "scanned").length,
    missing_since: bags.some((bag) => bag.state === "missing") ? ticket.missing_since ?? at : null };
};

const CHANGES = { bag_scan: "scanned", bag_missing: "missing", refuse: "left_out" };

const onShelves = (ticket) => ticket.bags.filter((bag) => bag.state === "scanned")
  .reduce((sum, bag) => withBag(sum, bag.code, "expected"), ticket);

export function reduce(ticket, op) {
  if (op.type === "accept") return { ...ticket, state: "accepted" };
  if (op.type === "no_show") return onShelves(ticket);
  const state = CHANGES[op.type];
  return state ? { ...withBag(ticket, op.payload.code, state, op.at), state: "working" } : ticket;
}

export const leaving = (ticket) => ticket.bags.filter((bag) => bag.state !== "left_out");

export const isComplete = (ticket) => leaving(ticket).length > 0
  && leaving(ticket).every((bag) => bag.state === "scanned");

export const isTooWarm = (ticket, bag) => ["expected", "scanned"].includes(bag.state)
  && (ticket.cold ?? []).some((clock) => clock.over && clock.zone === bag.temperature);
