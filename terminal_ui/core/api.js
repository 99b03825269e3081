// api: calls to the server with the device's key and the person's token.
// Exports:
//   session           signal, the login answer {token, session_id, person, roles, store, locale} or null; kept on the device
//   device            signal, {key, name} or null; kept on the device
//   lastContact       signal, Date.now() of the server's last sign of life (any answer, any live packet)
//   touch()           notes a sign of life
//   call(method, path, body?, {idempotencyKey?, seconds?}) → parsed JSON (null for 204); a Blob is sent as it is
//                     throws ApiError for a refusal, Offline when the server could not be reached in time
//   ApiError          {status, code, message}: code is the stable one of the problem+json answer
//   Offline
//   uuid()            a random id for ops and idempotency keys
import { signal, effect } from "@preact/signals";
import { setServerTime } from "./clock.js";

const BASE = "/api/v1";

function kept(name) {
  const cell = signal(JSON.parse(localStorage.getItem(name) ?? "null"));
  effect(() => {
    if (cell.value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(cell.value));
  });
  return cell;
}

export const session = kept("fulfil.session");
export const device = kept("fulfil.device");
export const lastContact = kept("fulfil.contact");

export function touch() {
  // Each write goes to storage: once in five seconds is exact enough for a lock after nine minutes.
  if (Date.now() - (lastContact.peek() ?? 0) > 5000) lastContact.value = Date.now();
}

export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || problem.message || `HTTP ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.problem = problem;
  }
}

export class Offline extends Error {}

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Without HTTPS the browser offers only random bytes.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function headers(idempotencyKey, body) {
  const sent = { Accept: "application/json", "Content-Type": body instanceof Blob ? body.type : "application/json" };
  if (device.peek()) sent["X-Device-Key"] = device.peek().key;
  if (session.peek()) sent.Authorization = `Bearer ${session.peek().token}`;
  if (idempotencyKey) sent["Idempotency-Key"] = idempotencyKey;
  return sent;
}

async function send(method, path, body, idempotencyKey, seconds) {
  try {
    const answer = await fetch(BASE + path, { method, headers: headers(idempotencyKey, body),
      cache: "no-store", body: body === undefined || body instanceof Blob ? body : JSON.stringify(body), signal: AbortSignal.timeout(seconds * 1000) });
    const text = await answer.text();
    return { answer, text };
  } catch (cause) {
    throw new Offline(String(cause));
  }
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    // A proxy's own error page is not JSON; its status says enough.
    return { detail: text.slice(0, 200) };
  }
}

export async function call(method, path, body, { idempotencyKey, seconds = 15 } = {}) {
  const token = session.peek()?.token;
  const { answer, text } = await send(method, path, body, idempotencyKey, seconds);
  const data = parsed(text);
  if (answer.status < 500) touch();
  if (answer.ok) {
    if (data?.server_time) setServerTime(data.server_time);
    return data;
  }
  const refusal = new ApiError(answer.status, data ?? {});
  if (answer.status === 401 && refusal.code.startsWith("device")) device.value = null;
  else if (answer.status === 401 && token && token === session.peek()?.token) session.value = null;
  throw refusal;
}
