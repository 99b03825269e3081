// live: pushes from the server over one websocket. Truth is in the per-person log: every event has a sequence number.
// Exports:
//   online                   signal, is the socket connected
//   connect({since, onEvent, onReset})
//        since() → last sequence number seen (may be a promise); onEvent(event) handles one event, in order;
//        onReset() fetches everything anew (a gap, or the server's word) and must renew what since() answers
//   disconnect()
//   report({queued, battery})   tells the server that this device is there
// The socket library is fetched after the first paint: nothing on the first screen waits for it.
import { signal } from "@preact/signals";
import { lastContact, session, touch } from "./api.js";

export const online = signal(false);

const ASLEEP_MS = 40_000;
let socket = null;
let tail = Promise.resolve();

const inOrder = (work) => { tail = tail.then(work).catch((error) => { reportError(error); }); };

async function receive(event, { since, onEvent, onReset }) {
  const last = (await since()) ?? 0;
  if (event.seq <= last) return;
  if (event.seq > last + 1) await onReset();
  else await onEvent(event);
}

export async function connect(handlers) {
  const { io } = await import("socket.io-client");
  disconnect();
  socket = io("/terminal", { transports: ["websocket"], auth: (send) => send({ token: session.peek()?.token }),
    reconnectionDelay: 500, reconnectionDelayMax: 2000 });
  socket.on("connect", async () => {
    online.value = true;
    touch();
    socket.emit("hello", { since: (await handlers.since()) ?? 0 });
  });
  socket.on("disconnect", (reason) => {
    online.value = false;
    // The library does not come back by itself when the server ended the connection.
    if (reason === "io server disconnect") setTimeout(wake, 2000);
  });
  socket.on("connect_error", () => { online.value = false; });
  socket.on("event", (event) => { touch(); inOrder(() => receive(event, handlers)); });
  socket.on("reset", () => { touch(); inOrder(handlers.onReset); });
  socket.io.on("open", () => { socket.io.engine.on("packet", touch); });
}

export function disconnect() {
  socket?.disconnect();
  socket = null;
  online.value = false;
}

export function report(presence) {
  if (socket?.connected) socket.emit("beat", presence);
}

/** After sleep a socket can look open and be dead: it is replaced when nothing was heard for longer than a ping takes. */
function wake() {
  if (!socket || document.hidden) return;
  if (socket.connected && Date.now() - (lastContact.peek() ?? 0) > ASLEEP_MS) socket.disconnect();
  if (!socket.connected) socket.connect();
}

for (const [target, type] of [[document, "visibilitychange"], [window, "online"], [window, "pageshow"], [window, "focus"]]) {
  target.addEventListener(type, wake);
}
window.addEventListener("offline", () => { online.value = false; });
