// work: the person's tickets, offers and shift on this device: stored snapshots + live events + own ops.
// Exports:
//   tickets, offers, shift, scaleRules   signals; a ticket is the snapshot with the person's queued ops applied
//   notices        signal, [{id, text_code, …}]: ticket withdrawn, takeover, message of a supervisor; kept on the device
//   locked         computed, true after nine minutes without contact while a ticket is held
//   answering      signal, ids of offers whose answer is on its way
//   answered       signal, [{op, result}] of the batch that the server answered last
//   startWork(reduce), stopWork()        after login / at logout. reduce: the screen's pure (ticket, op) → ticket
//   act(ticket, type, payload, photo?) → the ticket as it is after the op, once it is stored on the device
//                  photo: {path, body} of a picture that the op names
//   resync()       fetches everything anew
//   setShift(state), dismissNotice(id)
import { batch, computed, effect, signal } from "@preact/signals";
import { ApiError, Offline, call, lastContact, session, uuid } from "./api.js";
import { tick } from "./clock.js";
import { getMeta, setMeta } from "./db.js";
import * as live from "./live.js";
import * as outbox from "./outbox.js";

const LOCK_AFTER_MS = 9 * 60 * 1000;
const BEAT_SECONDS = 10; // who is silent for 45 seconds is asked for nothing

export const tickets = signal([]);
export const offers = signal([]);
export const shift = signal(null);
export const scaleRules = signal(JSON.parse(localStorage.getItem("fulfil.scaleRules") ?? "[]"));
export const notices = signal(JSON.parse(localStorage.getItem("fulfil.notices") ?? "[]"));
export const answering = signal([]);
export const answered = signal([]);
export const locked = computed(() => tickets.value.length > 0 && tick.value > 0 &&
  Date.now() - (lastContact.value ?? Date.now()) > LOCK_AFTER_MS);

const person = () => session.peek()?.person.id;
const reload = async () => { tickets.value = await outbox.load(person()); };

effect(() => { localStorage.setItem("fulfil.notices", JSON.stringify(notices.value)); });

export async function startWork(reduce) {
  outbox.useReducer(reduce);
  outbox.onSettled(afterOps);
  await reload();
  const since = () => getMeta(`seq.${person()}`);
  await resync().catch(ignoreUnreachable);
  if (!session.peek()) return;
  outbox.flush();
  live.connect({ since, onEvent, onReset: () => resync().catch(ignoreUnreachable) });
}

export function stopWork() {
  live.disconnect();
  batch(() => { tickets.value = []; offers.value = []; shift.value = null; answering.value = []; });
}

/** Without the server the stored tickets carry on; the next contact brings the rest. */
function ignoreUnreachable(error) {
  if (!(error instanceof ApiError || error instanceof Offline)) throw error;
}

export async function resync() {
  const who = person();
  const answer = await call("GET", "/terminal/work");
  if (who !== person()) return;
  await outbox.keep(who, answer.tickets, { seq: answer.seq, all: true });
  scaleRules.value = answer.scale_rules ?? [];
  localStorage.setItem("fulfil.scaleRules", JSON.stringify(scaleRules.value));
  batch(() => { offers.value = answer.offers; shift.value = answer.shift; });
  await reload();
}

export async function act(ticket, type, payload = {}, photo = null) {
  const who = session.peek();
  const done = await outbox.record({ person: who.person.id, session: who.session_id, ticket, type, payload, photo });
  tickets.value = tickets.value.map((held) => held.id === ticket.id ? done.ticket : held)
    .filter((held) => outbox.isHeld(held, who.person.id));
  // Whoever acts is here: the server forgives what they missed.
  if (shift.peek()?.missed) shift.value = { ...shift.peek(), missed: 0 };
  if (payload.offer) answering.value = [...answering.value, payload.offer];
  return done.ticket;
}

async function afterOps(results, ops) {
  const ofOffers = new Set(ops.filter((op) => results.some((result) => result.id === op.id)).map((op) => op.payload.offer));
  offers.value = offers.value.filter((offer) => !ofOffers.has(offer.id));
  answering.value = answering.value.filter((id) => !ofOffers.has(id));
  if (session.peek()) await reload();
  answered.value = ops.map((op) => ({ op, result: results.find((result) => result.id === op.id) }))
    .filter(({ result }) => result);
}

async function onEvent(event) {
  const who = person();
  if (event.type === "ticket.offered") {
    await setMeta(`seq.${who}`, event.seq);
    offers.value = [...offers.value.filter((offer) => offer.id !== event.offer.id), event.offer];
  } else if (event.type === "ticket.changed") {
    await outbox.keep(who, [event.ticket], { seq: event.seq });
    await reload();
  } else if (event.type === "ticket.withdrawn") {
    await withdraw(who, event);
  } else {
    await setMeta(`seq.${who}`, event.seq);
    addNotice(event);
  }
}

async function withdraw(who, event) {
  const held = tickets.peek().find((ticket) => ticket.id === event.ticket_id);
  await outbox.forget(who, event.ticket_id, event.seq);
  offers.value = offers.value.filter((offer) =>
    event.offer_id ? offer.id !== event.offer_id : offer.ticket.id !== event.ticket_id);
  await reload();
  // Whoever misses offers in a row is asked no more; only the whole snapshot says so.
  if (event.reason === "expired") await resync().catch(ignoreUnreachable);
  if (held) addNotice({ ...event, order_no: held.order_no, short_no: held.short_no, totes: held.totes });
}

function addNotice(event) { notices.value = [...notices.value, { ...event, id: uuid() }]; }
export function dismissNotices(ids) { notices.value = notices.value.filter(({ id }) => !ids.includes(id)); }

export async function setShift(state) {
  shift.value = await call("POST", "/terminal/shift", { state }, { idempotencyKey: uuid() });
}

// An offer that ran out belongs to the next colleague; the server's word may still be under way.
effect(() => {
  const open = offers.value.filter((offer) => Date.parse(offer.expires_at) > tick.value || answering.value.includes(offer.id));
  if (open.length !== offers.value.length) offers.value = open;
});

let battery = null;
navigator.getBattery?.().then((found) => { battery = found; });
setInterval(() => live.report({ queued: outbox.queued.peek(),
  battery: battery ? Math.round(battery.level * 100) : null }), BEAT_SECONDS * 1000);
window.addEventListener("online", outbox.flush);
// A server that is back is met first by the socket: what is queued must not wait for its own next try.
effect(() => { if (live.online.value) outbox.flush(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) outbox.flush(); });
