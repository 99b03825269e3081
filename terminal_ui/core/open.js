// open: calls to the server by somebody without a staff session: a customer with a token of their own, a
//   rider with a link.
// Exports:
//   ask(method, path, body?, {token?, idempotencyKey?, seconds?}) → parsed JSON (null for 204); a Blob is
//     sent as it is, anything else as JSON
//   throws ApiError for a refusal, Offline when the server could not be reached in time (both are core/api's)
//   kept(name, initial)   signal that stays on the device
import { signal, effect } from "@preact/signals";
import { ApiError, Offline } from "./api.js";
import { locale } from "./i18n.js";

const BASE = "/api/v1";

export function kept(name, initial = null) {
  const cell = signal(JSON.parse(localStorage.getItem(name) ?? "null") ?? initial);
  effect(() => {
    if (cell.value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(cell.value));
  });
  return cell;
}

function headers(token, idempotencyKey, body) {
  const sent = { Accept: "application/json", "Accept-Language": locale.peek(),
    "Content-Type": body instanceof Blob ? body.type : "application/json" };
  if (token) sent.Authorization = `Bearer ${token}`;
  if (idempotencyKey) sent["Idempotency-Key"] = idempotencyKey;
  return sent;
}

async function exchange(method, path, body, { token, idempotencyKey, seconds = 15 }) {
  try {
    const answer = await fetch(BASE + path, { method, headers: headers(token, idempotencyKey, body),
      cache: "no-store", body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(seconds * 1000) });
    const text = await answer.text();
    return { answer, data: text ? JSON.parse(text) : null };
  } catch (cause) {
    // A page that is no JSON comes from a proxy before the server: the server was not reached.
    throw new Offline(String(cause));
  }
}

export async function ask(method, path, body, options = {}) {
  const { answer, data } = await exchange(method, path, body, options);
  if (!answer.ok) throw new ApiError(answer.status, data ?? {});
  return data;
}
