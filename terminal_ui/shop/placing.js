// placing: the promise for a basket, the order, and its payment.
// Exports:
//   contact              signal kept on the device, {name, phone, address, place, lat?, lng?, note}
//   PLACES               distances a customer can name instead of a position: [{key, metres}]
//   position(contact)    → {lat, lng} or null while nobody has said where
//   WISHES, SILENT       what may happen when goods are missing, and when the customer then does not answer
//   wishes               signal kept on the device, {all, silent, lines: {sku: wish}}
//   slot                 signal, the chosen delivery time (RFC 3339) or null for as soon as possible
//   promise              signal, the answer of POST /quotes, or null while it is asked
//   followPromise()      asks anew whenever basket, place or time change; returns how to stop
//   unanswered           signal kept on the device, {key, body} of an order whose answer was lost, or null
//   place(), askAgain()  order; the same order is asked for again after a lost answer
//   pay(orderNo)         goes to the cashier of the payment channel
//   problem              signal, {code, args} why the last attempt was refused, or null
//   busy                 signal
import { ApiError, Offline, uuid } from "../core/api.js";
import { kept } from "../core/open.js";
import { effect, signal } from "../core/view.js";
import { asOwner } from "./account.js";
import { go } from "./route.js";
import { cart, settled, store, takeCart } from "./state.js";

const METRES_PER_DEGREE = 111_320;
const ASK_MS = 300;

export const PLACES = [{ key: "next", metres: 200 }, { key: "near", metres: 800 }, { key: "far",
  metres: 2000 }];
export const contact = kept("fulfil.shop.contact", { name: "", phone: "", address: "", place: "near",
  note: "" });
export const WISHES = ["refund", "substitute", "ask", "cancel_order"], SILENT = ["refund", "substitute"];
export const wishes = kept("fulfil.shop.wishes", { all: "refund", silent: "refund", lines: {} });
export const unanswered = kept("fulfil.shop.placing");
export const slot = signal(null);
export const promise = signal(null);
export const problem = signal(null);
export const busy = signal(false);

/** Without a map the customer says how far it is; the promise needs the distance only. */
export function position({ place, lat, lng }) {
  if (place === "here") return lat == null ? null : { lat, lng };
  const { metres } = PLACES.find(({ key }) => key === place) ?? PLACES[1];
  return { lat: store.value.lat + metres / METRES_PER_DEGREE, lng: store.value.lng };
}

export function followPromise() {
  let timer = 0, latest = 0;
  const stop = effect(() => {
    const where = position(contact.value);
    if (!cart.value?.lines.length || !where) return;
    const mine = ++latest;
    const body = { store_id: store.value.id, cart_type: "online", contact: where, deliver_by: slot.value };
    clearTimeout(timer);
    timer = setTimeout(() => asOwner("POST", "/quotes", body).then((answer) => {
      if (mine === latest) promise.value = answer;
    }, () => { if (mine === latest) promise.value = { ok: false, why_not: "unreachable", slots: [] }; }),
      ASK_MS);
  });
  return () => { stop(); clearTimeout(timer); };
}

function body() {
  const { name, phone, address, note } = contact.value;
  return { store_id: store.value.id, cart_type: "online", cart_version: cart.value.version, channel: "app",
    scene: "delivery",
    contact: { name, phone, address, ...position(contact.value) }, deliver_by: slot.value,
      on_shortage: wishes.value.all, if_silent: wishes.value.silent,
    lines: cart.value.lines.filter(({ sku }) => wishes.value.lines[sku]).map(({ sku }) => (
      { sku, on_shortage: wishes.value.lines[sku] })), note };
}

async function attempt(request) {
  if (busy.value) return;
  busy.value = true;
  problem.value = null;
  try {
    await request();
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof Offline)) throw error;
    refused(error);
  } finally {
    busy.value = false;
  }
}

function refused(error) {
  const isAnswer = error instanceof ApiError && error.status < 500 && error.code !== "request_in_flight";
  if (isAnswer) unanswered.value = null;
  problem.value = { code: isAnswer ? error.code : "no_answer", args: error.problem ?? {} };
  if (!isAnswer) return;
  const { cart: fresh, slots } = error.problem;
  if (fresh) takeCart(fresh);
  if (slots) promise.value = { ...promise.value, ok: false, why_not: error.problem.why_not ?? error.code,
    slots };
}

async function send() {
  const { key, body: sent } = unanswered.value;
  const order = await asOwner("POST", "/orders", sent, { idempotencyKey: key });
  unanswered.value = null;
  slot.value = null;
  cart.value = null;
  go(`pay/${order.order_no}`);
  await startPayment(order.order_no);
}

export const place = () => attempt(async () => {
  await settled();
  unanswered.value = { key: uuid(), body: body() };
  await send();
});

export const askAgain = () => attempt(send);

async function startPayment(orderNo) {
  const answer = await asOwner("POST", `/orders/${orderNo}/payments`, { method: "platform",
    channel: "sandbox" },
    { idempotencyKey: uuid() });
  const open = answer.payments.find(({ pay_url: url }) => url);
  if (open) location.assign(open.pay_url);
}

export const pay = (orderNo) => attempt(() => startPayment(orderNo));
