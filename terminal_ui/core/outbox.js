// outbox: everything a person does is an op; it is stored with its local effect in one transaction and sent later,
// in order, exactly once for the server (which knows op ids).
// Exports:
//   queued                   signal, number of ops not yet answered on this device (all persons)
//   rejected                 signal, [{seq, op, answer: {code, message, holder?}}] of the current person: cards to show
//   record({person, session, ticket, type, payload, photo?}) → {op, ticket} after the commit
//                            photo: {path, body} of a picture that the op names; it is sent before it
//                            ticket: the snapshot acted upon; if it is stored, the stored one is taken
//   keep(person, snapshots, {seq?, all?})   stores server snapshots, queued ops applied on top
//                            all: these are the person's only tickets; seq: the live sequence they belong to
//   forget(person, id, seq)  removes a ticket
//   load(person) → [ticket]  what is stored, and refreshes the two signals
//   flush()                  sends what is queued now (one tab at a time, ≤ 50 ops a request), then retries with backoff
//   dismiss(seq)             removes a rejected op's card
//   onSettled(listener)      listener(results, ops) after each answered batch, before flush goes on
//   useReducer(reduce)       the pure (ticket, op) → ticket of the screen
import { signal } from "@preact/signals";
import { ApiError, Offline, call, session, uuid } from "./api.js";
import { now } from "./clock.js";
import { ofPerson, transact, wait } from "./db.js";

const BATCH_OPS_MAX = 50;
const RETRY_SECONDS = [1, 2, 4, 8, 15, 30];

export const queued = signal(0);
export const rejected = signal([]);

let reduce = (ticket) => ticket;
let settled = () => {};
export const useReducer = (pure) => { reduce = pure; };
export const onSettled = (listener) => { settled = listener; };

export async function record({ person, session: sessionId, ticket, type, payload, photo }) {
  const done = await transact(["outbox", "tickets"], "readwrite", async ({ outbox, tickets }) => {
    const stored = await wait(tickets.get([person, ticket.id]));
    const current = stored?.ticket ?? ticket;
    const op = { id: uuid(), session: sessionId, ticket: ticket.id, epoch: current.epoch, version: current.version,
      type, payload, at: new Date(now()).toISOString() };
    const next = reduce(current, op);
    await wait(outbox.add({ person, state: "queued", op, ...(photo && { photo }) }));
    if (stored) await wait(tickets.put({ ...stored, ticket: next }));
    return { op, ticket: next };
  });
  queued.value += 1;
  flush();
  return done;
}

/** Is this snapshot one the person still works on? Others leave the device. */
export const isHeld = (ticket, person) => ["accepted", "working"].includes(ticket.state) &&
  (ticket.assignee == null || String(ticket.assignee.id ?? ticket.assignee) === String(person));

async function putSnapshot({ outbox, tickets }, person, snapshot) {
  const stored = await wait(tickets.get([person, snapshot.id]));
  const isOlder = stored && (snapshot.epoch < stored.base.epoch ||
    (snapshot.epoch === stored.base.epoch && snapshot.version < stored.base.version));
  const base = isOlder ? stored.base : snapshot;
  if (!isHeld(base, person)) return wait(tickets.delete([person, snapshot.id]));
  const mine = await ofPerson(outbox, person);
  const waiting = mine.filter((entry) => entry.state === "queued" && entry.op.ticket === base.id);
  return wait(tickets.put({ person, id: base.id, base, ticket: waiting.reduce((was, entry) => reduce(was, entry.op), base) }));
}

export function keep(person, snapshots, { seq, all = false } = {}) {
  return transact(["outbox", "tickets", "meta"], "readwrite", async (stores) => {
    const ids = new Set(snapshots.map((snapshot) => snapshot.id));
    const old = all ? await ofPerson(stores.tickets, person) : [];
    for (const gone of old.filter((entry) => !ids.has(entry.id))) await wait(stores.tickets.delete([person, gone.id]));
    for (const snapshot of snapshots) await putSnapshot(stores, person, snapshot);
    if (seq !== undefined) await wait(stores.meta.put({ key: `seq.${person}`, value: seq }));
  });
}

export function forget(person, id, seq) {
  return transact(["tickets", "meta"], "readwrite", async ({ tickets, meta }) => {
    await wait(tickets.delete([person, id]));
    if (seq !== undefined) await wait(meta.put({ key: `seq.${person}`, value: seq }));
  });
}

export async function load(person) {
  const [entries, stored] = await transact(["outbox", "tickets"], "readonly", async ({ outbox, tickets }) =>
    [await wait(outbox.getAll()), await ofPerson(tickets, person)]);
  queued.value = entries.filter((entry) => entry.state === "queued").length;
  rejected.value = entries.filter((entry) => entry.state === "rejected" && entry.person === person);
  return stored.map((entry) => entry.ticket).filter((ticket) => isHeld(ticket, person));
}

export async function dismiss(seq) {
  await transact(["outbox"], "readwrite", ({ outbox }) => wait(outbox.delete(seq)));
  rejected.value = rejected.value.filter((entry) => entry.seq !== seq);
}

/** The oldest queued ops of one session: another person's leftovers are sent first, under their own session's name. */
async function nextBatch() {
  const entries = await transact(["outbox"], "readonly", ({ outbox }) => wait(outbox.getAll()));
  const waiting = entries.filter((entry) => entry.state === "queued");
  queued.value = waiting.length;
  return waiting.filter((entry) => entry.op.session === waiting[0].op.session).slice(0, BATCH_OPS_MAX);
}

async function settle(batch, results) {
  const byId = new Map(batch.map((entry) => [entry.op.id, entry]));
  await transact(["outbox", "tickets", "meta"], "readwrite", async (stores) => {
    for (const result of results) {
      const entry = byId.get(result.id);
      if (!entry) continue;
      // A repeat is answered with the stored result: a stored refusal carries its code.
      const isRefused = result.status === "rejected" || (result.status === "duplicate" && result.code);
      if (isRefused) {
        const answer = { code: result.code, message: result.message, holder: result.extra?.holder };
        await wait(stores.outbox.put({ ...entry, state: "rejected", answer }));
      } else {
        await wait(stores.outbox.delete(entry.seq));
      }
    }
    for (const result of lastSnapshots(results)) await putSnapshot(stores, byId.get(result.id).person, result.ticket);
  });
  await settled(results, batch.map((entry) => entry.op));
}

/** Per ticket only the newest answer counts; it is laid under the ops still queued. */
function lastSnapshots(results) {
  const newest = new Map();
  for (const result of results) if (result.ticket) newest.set(result.ticket.id, result);
  return newest.values();
}

/** A picture that the server does not take must not hold up what it shows. */
async function sendPhoto(entry) {
  try {
    await call("PUT", entry.photo.path, entry.photo.body);
  } catch (refusal) {
    if (!(refusal instanceof ApiError) || (isPassing(refusal) && refusal.status !== 403)) throw refusal;
  }
  delete entry.photo;
  await transact(["outbox"], "readwrite", ({ outbox }) => wait(outbox.put(entry)));
}

const isPassing = ({ status }) => status >= 500 || [401, 403, 408, 425, 429].includes(status);

async function sendBatch(batch) {
  for (const entry of batch) if (entry.photo) await sendPhoto(entry);
  const ops = batch.map((entry) => ({ ...entry.op, seq: entry.seq }));
  try {
    await settle(batch, (await call("POST", "/terminal/ops", { ops })).results);
  } catch (refusal) {
    if (!(refusal instanceof ApiError)) throw refusal;
    // A failing server still says which ops it had done before.
    if (refusal.problem.results) await settle(batch, refusal.problem.results);
    if (isPassing(refusal)) throw refusal;
    // One malformed op must not hold up the others: it is sent alone and, if refused again, becomes a card.
    if (batch.length > 1) for (const entry of batch) await sendBatch([entry]);
    else await settle(batch, [{ id: batch[0].op.id, status: "rejected", code: refusal.code, message: refusal.message }]);
  }
}

async function drain() {
  for (let batch = await nextBatch(); batch.length; batch = await nextBatch()) await sendBatch(batch);
}

const exclusively = (work) => navigator.locks ? navigator.locks.request("fulfil.outbox", work) : work();

let running = false, again = false, failures = 0, timer = 0;

export async function flush() {
  again = true;
  if (running || !session.peek()) return;
  running = true;
  clearTimeout(timer);
  try {
    while (again) {
      again = false;
      await exclusively(drain);
    }
    failures = 0;
  } catch (error) {
    const seconds = RETRY_SECONDS[Math.min(failures, RETRY_SECONDS.length - 1)];
    failures += 1;
    timer = setTimeout(flush, seconds * 1000 * (0.75 + Math.random() / 2));
    if (!(error instanceof ApiError) && !(error instanceof Offline)) reportError(error);
  } finally {
    running = false;
  }
}
