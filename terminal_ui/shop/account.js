// account: who the customer is. A guest is made when the first thing goes into the basket; a member signs in
//   by phone.
// Exports:
//   member                  signal, {token, phone} or null
//   owner()                 the token that acts now, or null before the first need of one
//   owners()                every token of this device, the acting one first: orders of the guest stay
//   visible after signing in
//   asOwner(method, path, body?, options?)  a call in the owner's name; makes the guest if there is nobody
//   yet
//   sendCode(phone), signIn(phone, code) → the guest's token whose basket should be merged, or null
//   signOut()
import { ApiError } from "../core/api.js";
import { ask, kept } from "../core/open.js";

const guest = kept("fulfil.shop.guest");
export const member = kept("fulfil.shop.member");

export const owner = () => member.value?.token ?? guest.value;
export const owners = () => [member.value?.token, guest.value].filter(Boolean);

let making = null;

function newGuest() {
  making ??= ask("POST", "/guests", {}).then(({ token }) => { guest.value = token; })
    .finally(() => { making = null; });
  return making;
}

function forget(token) {
  if (member.peek()?.token === token) member.value = null;
  if (guest.peek() === token) guest.value = null;
}

export async function asOwner(method, path, body, options = {}) {
  if (!owner()) await newGuest();
  const token = owner();
  try {
    return await ask(method, path, body, { ...options, token });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    // The token is over; a member becomes the guest they were, a guest becomes a new one.
    forget(token);
    return asOwner(method, path, body, options);
  }
}

export const sendCode = (phone) => ask("POST", "/sessions/code", { phone });

export async function signIn(phone, code) {
  const { token } = await ask("POST", "/sessions", { phone, code });
  member.value = { token, phone };
  return guest.value;
}

export async function signOut() {
  const token = member.peek().token;
  member.value = null;
  await ask("DELETE", "/sessions/current", undefined, { token });
}
