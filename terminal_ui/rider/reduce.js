// reduce: what a rider's op does to the ticket on this device, before the server answers. Pure.
// A delivery only waits for its answer here: the server alone knows the customer's PIN.
// Exports: CALLS, so often a customer is called before they count as absent;
// reduce(ticket, op) → ticket; isWithRider(ticket) true from the release until the goods are handed
// on
const ON_THE_WAY = ["picked_up", "arrived_at_customer", "returning"];

// What may be reported next in each state, as the server's machine has it.
const NEXT = { waiting: ["arriving", "arrived"], arriving: ["arrived"], arrived: [],
  picked_up: ["arrived_at_customer"],
  arrived_at_customer: [], returning: ["returned"], delivered: [], returned: [] };

export const CALLS = 2;
const WAIT_MS = 600_000, APART_MS = 60_000;

function called(ticket, op) {
  const before = ticket.calls ?? [];
  // Who calls again within a minute has called once, as the server counts (fulfil/delivery/rules.py).
  const again = before.length && Date.parse(op.at) - Date.parse(before.at(-1)) < APART_MS;
  const calls = again ? before : [...before, op.at];
  return { ...ticket, calls, absent_from: new Date(Date.parse(calls[0]) + WAIT_MS).toISOString() };
}

const reached = (ticket, delivery_state, at) => ({ ...ticket, delivery_state,
  next_milestones: NEXT[delivery_state],
  milestones: [...ticket.milestones, { name: delivery_state, at }] });

const CHANGES = {
  milestone: (ticket, op) => reached(ticket, op.payload.name, op.at),
  deliver: (ticket) => ({ ...ticket, delivering: true }),
  return: (ticket, op) => reached(ticket, "returning", op.at),
  call: called,
  refuse: (ticket, op) => ({ ...ticket, refused: op.payload.bags.length ? op.payload : null }),
  collect: (ticket, op) => op.payload.lines ? { ...ticket, delivering: true }
    : { ...ticket, delivery_state: "return_collected", legal: ["bring"] },
  bring: (ticket) => ({ ...ticket, delivering: true }),
};

export function reduce(ticket, op) {
  if (op.type === "accept") return { ...ticket, state: "accepted" };
  const change = CHANGES[op.type];
  return change ? { ...change(ticket, op), state: "working" } : ticket;
}

export const isWithRider = (ticket) => ON_THE_WAY.includes(ticket.delivery_state);
