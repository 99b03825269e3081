// state: the board's snapshot, kept fresh by hints, and the acts of the supervisor.
// Exports:
//   board            signal, the answer of GET /dispatch/board, or null
//   held             signal, what GET /exceptions lists: money and tasks that wait for a person
//   lookAtHeld()     fetches `held` anew
//   stale            signal, true while the server is out of reach
//   shop             signal, this shop as GET /stores gives it
//   floorNow         signal, {people, warnings}: where people are, which goods lack elsewhere
//   view             signal, "floor" | "decide" | "plan" | "figures" | "roster" | "people"
//   chosen           signal, {ticketId?, fulfilmentId, orderNo} in the drawer, or null
//   open(ticket)     shows it in the drawer
//   stage            signal, which stage the table shows, or ""
//   selected         signal, a Set of ticket ids; toggle(id), clearSelection()
//   pickedTickets    computed, the tickets of the snapshot that are selected and may be acted on
//   acting           signal, which act on them is being chosen, or ""
//   notice           signal, a word about the last thing that failed outside of any form, or ""
//   ROLE_OF          which roles do a stage's work
//   refresh()        fetches soon, at most twice a second
//   follow()         begins to follow the shop; returns how to stop
//   attempt(request) as that of core/desk.js, with a fresh snapshot soon after
//   maySee(), mayLead()   whether this person may look at the board, and act on work and people
//   personName(id)   the name behind an id of the snapshot
import { Offline, call, session } from "../core/api.js";
import { setTimeZone } from "../core/format.js";
import { say } from "../core/i18n.js";
import { computed, signal } from "../core/view.js";
import { attempt as tryOnce, explain, refusal } from "../desk/parts.js";

const GAP_MS = 500;
const LOOK_MS = 15_000;
const FLOOR_GAP_MS = 2000;

export const board = signal(null);
export const shop = signal(null);
export const held = signal([]);
export const stale = signal(false);
export const view = signal("floor");
export const chosen = signal(null);
export const stage = signal("");
export const floorNow = signal({ people: [], warnings: [] });
export const selected = signal(new Set());
export const acting = signal("");
export const notice = signal("");
export const pickedTickets = computed(() => (board.value?.tickets ?? []).filter(({ id, actions }) =>
  selected.value.has(id) && actions.length > 0));

export const ROLE_OF = { picking: ["picker"], prep: ["cook"], packing: ["packer"],
  handoff: ["counter", "packer", "supervisor"], delivery: ["rider"] };

export const open = (ticket) => {
  chosen.value = { ticketId: ticket.id, fulfilmentId: ticket.fulfilment_id, orderNo: ticket.order_no };
};

export function toggle(id) {
  const next = new Set(selected.value);
  if (!next.delete(id) && board.value.tickets.find((one) => one.id === id)?.actions.length) next.add(id);
  selected.value = next;
}

export function clearSelection() {
  selected.value = new Set();
  acting.value = "";
}

const has = (...roles) => session.value?.roles.some((role) => roles.includes(role)) ?? false;
export const maySee = () => has("supervisor", "operator", "admin");
export const mayLead = () => has("supervisor", "admin");
export const storeId = () => session.peek().store.id;

let timer = 0, fetchedAt = 0, floorAt = -FLOOR_GAP_MS, floorTimer = 0, fetching = false, isWanted = false;

export function refresh() {
  isWanted = true;
  if (timer || fetching || document.hidden) return;
  timer = setTimeout(look, Math.max(0, fetchedAt + GAP_MS - performance.now()));
}

async function look() {
  timer = 0;
  isWanted = false;
  fetching = true;
  fetchedAt = performance.now();
  try {
    const [fresh] = await Promise.all([call("GET", `/dispatch/board?store_id=${storeId()}`), lookAtFloor()]);
    board.value = fresh;
    stale.value = false;
  } catch (error) {
    if (error instanceof Offline || error.status >= 500) stale.value = true;
    else refusal.value = explain(error);
  } finally {
    fetching = false;
  }
  if (isWanted && session.peek()) refresh();
}

/** It changes with every scan, and matters less than the tickets: it is asked for less often. */
async function lookAtFloor() {
  const wait = floorAt + FLOOR_GAP_MS - performance.now();
  if (wait > 0) {
    floorTimer ||= setTimeout(() => {
      floorTimer = 0;
      lookAtFloor().catch(() => { stale.value = true; });
    }, wait);
    return;
  }
  floorAt = performance.now();
  floorNow.value = await call("GET", `/stores/${storeId()}/floor/now`);
}

export async function lookAtShop() {
  const { stores } = await call("GET", "/stores");
  shop.value = stores.find(({ id }) => id === storeId()) ?? null;
}

export async function lookAtHeld() {
  const { exceptions } = await call("GET", `/exceptions?store_id=${storeId()}`);
  held.value = exceptions;
}

export function follow() {
  const { token, store } = session.peek();
  let socket = null, isOver = false;
  setTimeZone(store.tz);
  refresh();
  const ask = () => Promise.all([lookAtHeld(), lookAtShop()]).catch(() => { stale.value = true; });
  ask();
  const looking = setInterval(() => { refresh(); ask(); }, LOOK_MS);
  document.addEventListener("visibilitychange", refresh);
  import("socket.io-client").then(({ io }) => {
    if (isOver) return;
    socket = io("/board", { transports: ["websocket"], auth: { token, store_id: store.id } });
    socket.on("connect", refresh);
    socket.on("changed", refresh);
  });
  return () => {
    isOver = true;
    clearInterval(looking);
    clearTimeout(timer);
    timer = 0;
    document.removeEventListener("visibilitychange", refresh);
    socket?.disconnect();
    board.value = shop.value = chosen.value = null;
    held.value = [];
    floorNow.value = { people: [], warnings: [] };
    clearTimeout(floorTimer);
    floorAt = -FLOOR_GAP_MS;
    floorTimer = 0;
    clearSelection();
  };
}

export const attempt = (request) => tryOnce(request).finally(() => { if (session.peek()) refresh(); });

export function personName(id) {
  const found = board.value?.people.find((person) => person.id === id);
  return found ? say(found.names) : id;
}
