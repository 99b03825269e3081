// reduce: what an op does to the ticket on this device, before the server answers. Pure.
// Exports: reduce(ticket, op) → ticket
export const reduce = (ticket) => ticket;
