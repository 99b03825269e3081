// shell: what every staff screen has around its work: enrolment, badge + PIN, Start, connection line, menu, notices.
// Exports:
//   startShell({folder, reduce, Work, onScan})
//        folder   "handheld", …: its zh-CN.json and en.json are loaded beside core's
//        reduce   pure (ticket, op) → ticket, applied on the device before the server answers
//        Work     component shown to a person on duty
//        onScan   (parsed, raw code) → promise; gets every scan that is not a command barcode or a badge at the login
//   scanner      {give(code)}: enters a typed code as if it had been scanned
//   page         signal, "work" | "menu" | "type" (which page of the shell covers the screen)
// Order of pages: device enrolled? → logged in? → started? → locked? → Work.
import { computed, effect, html, render, signal } from "./view.js";
import { ApiError, call, device, session, uuid } from "./api.js";
import { setTimeZone } from "./format.js";
import { loadDictionaries, locale, setLocale, speakTo, t, say } from "./i18n.js";
import { OutcomeBand, chime, quiet, tell, unlockSound } from "./feedback.js";
import { Notices } from "./notices.js";
import { parse } from "./parse.js";
import { startScanner } from "./scanner.js";
import { Button, Field, Icon, Screen, StatusLine, pressCommand } from "./ui.js";
import { locked, offers, scaleRules, setShift, shift, startWork, stopWork, tickets } from "./work.js";

export const page = signal("work");
export let scanner = null;

const isStarted = signal(sessionStorage.getItem("fulfil.started") === session.peek()?.session_id);
const badge = signal(""), pin = signal(""), enrolment = signal(""), deviceName = signal(""), typed = signal("");
const refusal = signal(null), busy = signal(false);

const stage = computed(() => !device.value ? "enrol" : !session.value ? "login" : !isStarted.value ? "start"
  : locked.value ? "locked" : page.value);

/** Runs a request of a form; a refusal becomes a sentence under it. */
async function attempt(request) {
  if (busy.value) return;
  busy.value = true;
  refusal.value = null;
  try {
    await request();
  } catch (error) {
    refusal.value = error instanceof ApiError ? explain(error) : t("error.unreachable");
  } finally {
    busy.value = false;
  }
}

export function explain({ code, message }) {
  const key = `refused.${code}`;
  return t(key) === key ? message || t("refused.unknown") : t(key);
}

const enrol = () => attempt(async () => {
  const name = deviceName.value.trim() || t("enrol.name_default");
  const answer = await call("POST", "/terminal/devices", { enrolment_code: enrolment.value.trim(), name },
    { idempotencyKey: uuid() });
  device.value = { key: answer.device_key, name };
  enrolment.value = "";
});

const logIn = () => attempt(async () => {
  let answer;
  try {
    answer = await call("POST", "/terminal/sessions", { badge: badgeOf(badge.value), pin: pin.value },
      { idempotencyKey: uuid() });
  } catch (error) {
    // Nobody mends dots: a refused PIN is typed anew.
    if (error instanceof ApiError) typePinAgain();
    throw error;
  }
  pin.value = "";
  badge.value = "";
  setTimeZone(answer.store?.tz);
  session.value = answer;
  await speakTo(answer);
});

function typePinAgain() {
  pin.value = "";
  toPin();
}

const toPin = () => document.querySelector("input[name=pin]")?.focus();

const badgeOf = (text) => text.trim().replace(/^BADGE-/i, "");

const start = () => attempt(async () => {
  unlockSound();
  await setShift("available");
  sessionStorage.setItem("fulfil.started", session.value.session_id);
  isStarted.value = true;
  tell("right", t("start.done"));
});

export const changeShift = (state) => attempt(async () => {
  await setShift(state);
  page.value = "work";
});

const logOut = () => attempt(async () => {
  await call("DELETE", "/terminal/sessions");
  session.value = null;
});

function Refusal() {
  return html`<p class="refusal" role="alert">${refusal.value}</p>`;
}

function Languages() {
  return html`<div class="languages" role="group" aria-label=${t("language")}>
    <${Button} lang="zh-CN" aria-pressed=${locale.value === "zh-CN"} onClick=${() => setLocale("zh-CN")}>中文<//>
    <${Button} lang="en" aria-pressed=${locale.value === "en"} onClick=${() => setLocale("en")}>English<//></div>`;
}

const submits = (work) => (event) => { event.preventDefault(); work(); };

function Enrol() {
  return html`<${Screen} title=${t("enrol.title")}><p class="lead">${t("enrol.lead")}</p>
    <form class="form" onSubmit=${submits(enrol)}>
      <${Field} label=${t("enrol.code")} value=${enrolment} name="enrolment" autocomplete="off" required />
      <${Field} label=${t("enrol.name")} value=${deviceName} name="device" autocomplete="off" />
      <${Refusal} /><${Button} kind="primary" type="submit" disabled=${busy.value}>${t("enrol.submit")}<//>
    </form><${Languages} /><//>`;
}

function Login() {
  return html`<${Screen} title=${t("login.title")}>
    <p class="lead"><${Icon} name="scan" />${t("login.lead")}</p>
    <form class="form" onSubmit=${submits(logIn)}>
      <${Field} label=${t("login.badge")} value=${badge} name="badge" autocomplete="off" autocapitalize="characters"
        required />
      <${Field} label=${t("login.pin")} value=${pin} name="pin" type="password" inputmode="numeric" autocomplete="off"
        required />
      <${Refusal} /><${Button} kind="primary" type="submit" disabled=${busy.value}>${t("login.submit")}<//>
    </form><${Languages} /><//>`;
}

function Start() {
  const { person, store } = session.value;
  return html`<${Screen} title=${say(store.name)} actions=${html`
      <${Refusal} /><${Button} kind="primary" command="START" onClick=${start} disabled=${busy.value}>${t("start.go")}<//>
      <${Button} command="LOGOUT" disabled=${busy.value} onClick=${logOut}>${t("menu.logout")}<//>`}>
    <div class="centre"><p class="greeting">${t("start.hello", { name: say(person.names ?? person.name) })}</p>
      <p class="lead">${t("start.lead")}</p></div><//>`;
}

function Locked() {
  return html`<${Screen} title=${t("locked.title")}><div class="centre"><${Icon} name="lock" />
    <p class="lead">${t("locked.lead")}</p></div><//>`;
}

function Menu() {
  const { person, store } = session.value;
  const isOnBreak = shift.value?.state === "break";
  return html`<${Screen} title=${t("menu.title")} back=${() => { page.value = "work"; }}>
    <div class="menu"><p class="lead">${say(person.names ?? person.name)} · ${say(store.name)}</p>
      <${Button} icon="keyboard" onClick=${() => { page.value = "type"; }}>${t("menu.type")}<//>
      <${Button} icon="clock" command=${isOnBreak ? "AVAILABLE" : "BREAK"} disabled=${busy.value}
        onClick=${() => changeShift(isOnBreak ? "available" : "break")}>${t(isOnBreak ? "shift.available" : "shift.break")}<//>
      <${Button} icon="pin" command="OFF" disabled=${busy.value} onClick=${() => changeShift("off")}>${t("shift.off")}<//>
      <${Languages} />
      <a class="button plain" href="/terminal/selftest"><span>${t("menu.selftest")}</span></a>
      <${Refusal} />
      <${Button} kind="danger" command="LOGOUT" disabled=${busy.value} onClick=${logOut}>${t("menu.logout")}<//>
      ${tickets.value.length > 0 && html`<p>${t("menu.logout_keeps")}</p>`}</div><//>`;
}

function TypeCode() {
  const enter = () => {
    scanner.give(typed.value);
    typed.value = "";
    page.value = "work";
  };
  return html`<${Screen} title=${t("type.title")} back=${() => { page.value = "work"; }}>
    <form class="form" onSubmit=${submits(enter)}><${Field} label=${t("type.code")} value=${typed} name="code"
      autocomplete="off" autocapitalize="characters" required />
      <${Button} kind="primary" type="submit">${t("type.enter")}<//></form><//>`;
}

const PAGES = { enrol: Enrol, login: Login, start: Start, locked: Locked, menu: Menu, type: TypeCode };

function Frame({ Work }) {
  const Page = PAGES[stage.value] ?? Work;
  return html`<div class="app"><header class="bar">${session.value && html`<${StatusLine} />`}
      ${["work", "menu", "type"].includes(stage.value) && html`<${Button} class="icon-only" aria-label=${t("menu.title")}
        command="MENU" onClick=${() => { page.value = page.value === "menu" ? "work" : "menu"; }}><${Icon} name="menu" /><//>`}
    </header>
    <${Notices} /><${OutcomeBand} /><${Page} /></div>`;
}

async function route(code, onScan) {
  const parsed = parse(code, scaleRules.value);
  quiet();
  if (stage.value === "enrol") enrolment.value = code;
  else if (stage.value === "login") takeBadge(parsed, code);
  else if (parsed.kind === "command") {
    if (!pressCommand(parsed.value)) tell("unknown", code, t("scan.command_unknown"));
  } else if (stage.value === "locked" || stage.value === "start") tell("unknown", code, t("scan.not_now"));
  else {
    page.value = "work";
    await onScan(parsed, code);
  }
}

function takeBadge(parsed, code) {
  badge.value = parsed.kind === "badge" ? parsed.value : code;
  toPin();
}

function followSession(reduce) {
  let current = null;
  effect(() => {
    const id = session.value?.session_id ?? null;
    if (id === current) return;
    current = id;
    page.value = "work";
    isStarted.value = id !== null && sessionStorage.getItem("fulfil.started") === id;
    setTimeZone(session.value?.store?.tz);
    stopWork();
    if (id) startWork(reduce);
  });
  let known = 0;
  effect(() => {
    if (offers.value.length > known && isStarted.value) {
      // What was told before belongs to no work of this person.
      if (tickets.peek().length === 0) quiet();
      chime();
    }
    known = offers.value.length;
  });
}

/** The screen must not go dark between two shelves. */
function keepAwake() {
  effect(() => {
    if (isStarted.value && !document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
  });
  document.addEventListener("visibilitychange", () => {
    if (isStarted.value && !document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
  });
}

export async function startShell({ folder, reduce, Work, onScan }) {
  await loadDictionaries(["core", folder]);
  await speakTo(session.peek());
  render(html`<${Frame} Work=${Work} />`, document.getElementById("app"));
  scanner = startScanner((code) => route(code, onScan));
  followSession(reduce);
  keepAwake();
  navigator.serviceWorker?.register("/sw.js");
  navigator.storage?.persist?.();
}
