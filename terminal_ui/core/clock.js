// clock: the server's time on this device. A handheld's own clock may be wrong by minutes.
// Exports:
//   setServerTime(rfc3339)   called with every answer that carries server_time
//   now()                    milliseconds since 1970 as the server counts them
//   tick                     signal, the value of now(), renewed every second: read it to redraw a countdown
//   secondsUntil(rfc3339)    whole seconds from tick, negative when past
import { signal } from "@preact/signals";

let offset = 0;

export const now = () => Date.now() + offset;
export const tick = signal(now());

export function setServerTime(text) {
  const sent = Date.parse(text);
  if (Number.isNaN(sent)) return;
  offset = sent - Date.now();
  tick.value = now();
}

export const secondsUntil = (text) => Math.ceil((Date.parse(text) - tick.value) / 1000);

setInterval(() => { tick.value = now(); }, 1000);
