// state: who is here, and answers of the server that are kept fresh by hints.
// Exports:
//   has(...roles), maySee()   what this person may do; an administrator may everything
//   storeId()
//   said                signal, what the last act did, or ""
//   stale               signal, true while the server is out of reach
//   useAnswer(path)     → {value, problem}: the answer of GET path, null before it comes; asked anew
//                       after hints and now and then. `path` null asks nothing
//   usePages(path, name)   → {value, problem, more}: as useAnswer, of a list `name`; `more()` asks for the
//                       next page, and is null when there is none
//   useNames(), nameOf(names, actor)   who "staff:7" is
//   follow()            begins to follow the shop; returns how to stop
//   act(request, done)  an act: true when it worked; `done` is then said, and all answers are asked for anew
import { Offline, call, session } from "../core/api.js";
import { setTimeZone } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { attempt, explain, known } from "../desk/parts.js";
import { signal, useEffect, useSignal } from "../core/view.js";

const GAP_MS = 500;
const LOOK_MS = 15_000;

export const said = signal("");
export const stale = signal(false);
const hints = signal(0);

export const has = (...roles) => session.value?.roles.some((one) => one === "admin" || roles.includes(one))
  ?? false;
export const maySee = () => has("supervisor", "operator", "finance");
export const storeId = () => session.peek().store.id;

let timer = 0;

/** Hints come in crowds: answers are asked for anew at most twice a second. */
function hint() {
  timer ||= setTimeout(() => { timer = 0; if (!document.hidden) hints.value += 1; }, GAP_MS);
}

/** What `load` answers, anew with every turn and hint. Another path's answer is not shown under this one. */
function useLoaded(path, turn, load) {
  const value = useSignal(null), problem = useSignal("");
  useEffect(() => {
    let isOver = false;
    if (path) {
      load().then((answer) => {
        if (isOver) return;
        value.value = answer;
        problem.value = "";
        stale.value = false;
      }, (error) => {
        if (isOver) return;
        if (error instanceof Offline) stale.value = true;
        else problem.value = explain(error);
      });
    }
    return () => { isOver = true; };
  }, [`${path} ${turn} ${hints.value}`]);
  useEffect(() => () => { value.value = null; problem.value = ""; }, [path]);
  return { value: value.value, problem: problem.value };
}

export const useAnswer = (path) => useLoaded(path, "", () => call("GET", path));

/** All pages that were asked for, one after the other, so that none is missing between them. */
async function pagesOf(path, name, count) {
  let cursor = null;
  const rows = [];
  for (let n = 0; n === 0 || (n < count && cursor); n += 1) {
    const page = await call("GET", cursor ? `${path}&cursor=${cursor}` : path);
    rows.push(...page[name]);
    ({ cursor } = page);
  }
  return { [name]: rows, cursor };
}

export function usePages(path, name) {
  const count = useSignal(1);
  useEffect(() => () => { count.value = 1; }, [path]);
  const asked = useLoaded(path, count.value, () => pagesOf(path, name, count.value));
  return { ...asked, more: asked.value?.cursor ? () => { count.value += 1; } : null };
}

/** The names of the shop's people, by id: an answer for `nameOf`. */
export const useNames = () => useAnswer(`/console/people?store_id=${storeId()}`).value?.people ?? {};

/** Programs act as staff, too: who is nobody of the shop is one of them. */
export const nameOf = (names, actor) => actor.startsWith("staff:")
  ? say(names[actor.slice("staff:".length)]) || t("actor.program") : known(`actor.${actor}`, actor);

export async function act(request, done) {
  said.value = "";
  const isDone = await attempt(request);
  if (isDone) {
    said.value = done;
    hints.value += 1;
    // What was pressed is often gone: the next key goes on from what is said.
    setTimeout(() => { if (document.activeElement === document.body) document.querySelector(".said")?.focus(); });
  }
  return isDone;
}

export function follow() {
  const { token, store } = session.peek();
  let socket = null, isOver = false;
  setTimeZone(store.tz);
  const looking = setInterval(hint, LOOK_MS);
  document.addEventListener("visibilitychange", hint);
  import("socket.io-client").then(({ io }) => {
    if (isOver) return;
    socket = io("/board", { transports: ["websocket"], auth: { token, store_id: store.id } });
    socket.on("connect", hint);
    socket.on("changed", hint);
  });
  return () => {
    isOver = true;
    clearInterval(looking);
    clearTimeout(timer);
    timer = 0;
    document.removeEventListener("visibilitychange", hint);
    socket?.disconnect();
  };
}
