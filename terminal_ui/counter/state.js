// state: who stands at the counter, which order is looked at, and the release.
// Exports:
//   arrival          signal, {code, carrier, rider, orders: [{order_no, short_no, ticket_id, due_at, ready,
//   bags}]} or null
//   chosen           signal, id of the order that was tapped in the list
//   released         signal, the last release {short_no, bags, name, link, isVoid} until the next scan;
//                    isVoid: no bag was found, so the order ended
//   refusal          signal, why the last release was refused, as a sentence, or ""
//   shown            computed, the tickets on the right: the rider's, else the chosen one
//   arrive(code), leave(), release(ticket, {withoutMissing?})
//   riderLeaves()    without the bags: those that were scanned go back to their shelves
//   search(ticket) → seconds left of the search for missing bags
//   followSession()  nobody's rider stands before the next person at the counter
import { ApiError, Offline, call, session, uuid } from "../core/api.js";
import { now, secondsUntil } from "../core/clock.js";
import { tell } from "../core/feedback.js";
import { say, t } from "../core/i18n.js";
import { online } from "../core/live.js";
import { flush, queued } from "../core/outbox.js";
import { heldOf } from "../core/parts.js";
import { explain } from "../core/shell.js";
import { computed, effect, signal } from "../core/view.js";
import { act, resync } from "../core/work.js";

const SEARCH_SECONDS = 180;
const SETTLE_MS = 5000;

export const arrival = signal(null);
export const chosen = signal(null);
export const released = signal(null);
export const refusal = signal("");
export const busy = signal(false);

export const shown = computed(() => {
  const held = heldOf("handoff");
  if (!arrival.value) return held.filter((ticket) => ticket.id === chosen.value);
  const theirs = new Set(arrival.value.orders.map((order) => order.ticket_id));
  return held.filter((ticket) => theirs.has(ticket.id));
});

export const riderName = ({ carrier, rider }) => carrier === "third_party" ? t("rider.third_party")
  : say(rider.name);

async function attempt(request) {
  if (busy.value) return;
  busy.value = true;
  refusal.value = "";
  try {
    await request();
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof Offline)) throw error;
    // A failing server has not said no: the same press again asks for the same thing.
    refusal.value = error instanceof ApiError && error.status < 500 ? explain(error) : t("error.unreachable");
    tell("wrong", t("refused.title"), refusal.value);
  } finally {
    busy.value = false;
  }
}

export const arrive = (code) => attempt(async () => {
  const answer = await call("POST", "/handoff/arrivals", { code: code.trim(),
    store_id: session.peek().store.id }, { idempotencyKey: uuid() });
  released.value = null;
  chosen.value = null;
  arrival.value = { ...answer, code: code.trim() };
  if (answer.orders.length) tell("right", riderName(answer), t("rider.orders", { n: answer.orders.length }));
  else tell("unknown", riderName(answer), t("rider.no_orders"));
  await resync();
});

export function leave() {
  arrival.value = null;
  chosen.value = null;
  refusal.value = "";
}

export async function riderLeaves() {
  const scanned = shown.value.filter((ticket) => ticket.scanned > 0);
  leave();
  for (const ticket of scanned) await act(ticket, "no_show");
  if (scanned.length) tell("unknown", t("rider.leave"), t("rider.bags_back"));
}

export const search = (ticket) => ticket.missing_since
  ? Math.max(0, secondsUntil(ticket.missing_since) + SEARCH_SECONDS) : 0;

export const mayDecide = () => session.value.roles.some((role) => role === "supervisor" || role === "admin");

// The op keeps its id until it is answered: pressing again after a lost answer asks for the same release.
const asked = new Map();

/** Only the server releases: the op is sent at once and never waits in the outbox. */
export const release = (ticket, { withoutMissing = false } = {}) => attempt(async () => {
  if (!online.value) throw new Offline();
  await settleScans();
  const payload = { ...(arrival.value && { rider: arrival.value.code }), ...(withoutMissing
    && { without_missing: true }) };
  const key = JSON.stringify([ticket.id, payload]);
  const id = asked.get(key) ?? uuid();
  asked.set(key, id);
  const who = session.peek();
  const op = { id, seq: 0, session: who.session_id, ticket: ticket.id, epoch: ticket.epoch,
    version: ticket.version,
    type: "release", payload, at: new Date(now()).toISOString() };
  const [result] = (await call("POST", "/terminal/ops", { ops: [op] })).results;
  asked.delete(key);
  if (result.code === "cold_overrun") await resync();
  if (result.code) throw new ApiError(409, { code: result.code, detail: result.message });
  const name = arrival.value ? riderName(arrival.value) : "";
  const count = ticket.bags.filter((bag) => bag.state === "scanned").length;
  const isVoid = Boolean(result.detail?.void);
  const link = arrival.value?.carrier === "third_party" && !isVoid ? await linkOf(ticket) : null;
  released.value = { short_no: ticket.short_no, bags: count, name, link, isVoid };
  if (arrival.value) {
    arrival.value = { ...arrival.value, orders: arrival.value.orders.filter((order) =>
      order.ticket_id !== ticket.id) };
  }
  if (isVoid) tell("unknown", t("voided.title", { order: ticket.short_no }), t("voided.text"));
  else tell("right", t("released.title", { order: ticket.short_no }), t("released.bags", { n: count, name }));
  await resync();
  if (!arrival.value?.orders.length) leave();
});

/** The page where a third party's rider reports the ride; the release stands without it. */
const linkOf = (ticket) => call("GET", `/delivery/orders/${ticket.order_no}/carrier-link`).then((answer) =>
  answer.url,
  (error) => { if (error instanceof ApiError || error instanceof Offline) return null; throw error; });

/** Scans made before must be with the server first: they are what it counts. */
function settleScans() {
  flush();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { stop(); reject(new Offline()); }, SETTLE_MS);
    const stop = effect(() => {
      if (queued.value > 0) return;
      clearTimeout(timer);
      queueMicrotask(() => stop());
      resolve();
    });
  });
}

export function followSession() {
  effect(() => {
    const who = session.value?.session_id;
    if (!who) leave();
  });
}
