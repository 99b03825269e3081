// fetching: what is no JSON. Exports: fetchText(path, accept), save(name, text, type)
import { ApiError, Offline, device, session } from "../core/api.js";

const BASE = "/api/v1", SECONDS = 20;

export async function fetchText(path, accept) {
  const headers = { Accept: accept, Authorization: `Bearer ${session.peek()?.token}` };
  if (device.peek()) headers["X-Device-Key"] = device.peek().key;
  let answer;
  try {
    answer = await fetch(BASE + path, { headers, cache: "no-store",
      signal: AbortSignal.timeout(SECONDS * 1000) });
  } catch (cause) {
    throw new Offline(String(cause));
  }
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => ({})));
  return answer.text();
}

/** Hands a text to the person as a file. */
export function save(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
