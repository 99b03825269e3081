// ride: a third party's rider reports the ride with nothing but the link of this page.
import { ApiError } from "../core/api.js";
import { secondsUntil } from "../core/clock.js";
import { clockTime, countdown, setTimeZone } from "../core/format.js";
import { loadDictionaries, locale, setLocale, t } from "../core/i18n.js";
import { ask } from "../core/open.js";
import { effect, html, render, signal, useEffect, useRef, useSignal } from "../core/view.js";

const LOOK_MS = 15_000;
const REASONS = ["customer_absent", "customer_refused", "wrong_address", "damaged", "other"];
const CALLS = 2;
const path = `/ride/${location.pathname.split("/").pop()}`;

const ride = signal(undefined);
const problem = signal("");
const busy = signal(false);
const sheet = signal(null);

async function attempt(request) {
  if (busy.value) return;
  busy.value = true;
  problem.value = "";
  try {
    const found = await request();
    setTimeZone(found.tz);
    ride.value = found;
    sheet.value = null;
  } catch (error) {
    if (error instanceof ApiError && error.code === "unknown_ride") ride.value = null;
    else problem.value = explain(error);
  } finally {
    busy.value = false;
  }
}

function explain(error) {
  if (!(error instanceof ApiError)) return t("error.unreachable");
  const key = `refused.${error.code}`;
  return t(key) === key ? t("refused.unknown") : t(key, error.problem);
}

const look = () => attempt(() => ask("GET", path));

const act = (body) => attempt(async () => {
  try {
    return await ask("POST", path, body);
  } catch (error) {
    // Somebody else may have moved it: what is offered next must be what can be done.
    if (error instanceof ApiError && error.status === 409) ride.value = await ask("GET", path);
    throw error;
  }
});

const Act = ({ kind = "", children, ...rest }) => html`<button type="button" class="button ${kind}"
  disabled=${busy.value} ...${rest}>${children}</button>`;

function Deliver() {
  const pin = useSignal("");
  const submit = (event) => { event.preventDefault(); act({ type: "deliver", pin: pin.value.trim() }); };
  return html`<form class="panel" onSubmit=${submit}><label class="field"><span>${t("ride.pin")}</span>
      <input name="pin" inputmode="numeric" autocomplete="off" maxlength="12" required value=${pin.value}
        onInput=${(event) => { pin.value = event.currentTarget.value; }} /></label>
    <button type="submit" class="button primary" disabled=${busy.value}>${t("ride.deliver")}</button>
    <${Act} onClick=${() => act({ type: "deliver" })}>${t("ride.without")}<//>
      <p class="quiet">${t("ride.without_lead")}</p></form>`;
}

const mayLeave = ({ calls, absent_from: from }) => calls.length >= CALLS && secondsUntil(from) <= 0;

/** Who is not there is called twice and waited for, before the goods may go back. */
function Calls() {
  const { calls, absent_from: from, legal } = ride.value;
  if (!calls.length || !legal.includes("call")) return null;
  const left = secondsUntil(from);
  return html`<section class="panel calls" role="status"><b>${t("ride.calls_made", { n: calls.length,
    of: CALLS, at: calls.map(clockTime).join(", ") })}</b> ${left > 0 ? t("ride.calls_wait", { left:
    countdown(left) }) : t(calls.length < CALLS ? "ride.calls_again" : "ride.calls_over")}</section>`;
}

function Return() {
  return html`<section class="panel"><h2>${t("ride.return_title")}</h2><div class="reasons">
    <p class="quiet">${t("refused.customer_may_come")}</p>
    ${REASONS.map((reason) => html`<${Act} key=${reason} onClick=${() => act({ type: "return", reason })}
      disabled=${busy.value || (reason === "customer_absent" && !mayLeave(ride.value))}>
      ${t(`reason.${reason}`)}<//>`)}
    <${Act} onClick=${() => { sheet.value = null; }}>${t("back")}<//></div></section>`;
}

function Where({ contact, note, onCall }) {
  return html`<section class="panel"><p class="ride-address">${contact.address}</p><p>${contact.name}</p>
    ${contact.phone && html`<a class="button" href=${`tel:${contact.phone}`} onClick=${onCall}>${t("ride.phone",
      { phone: contact.phone })}</a>`}
    ${note && html`<p>${t("ride.note")} ${note}</p>`}</section>`;
}

/** What went wrong, brought into sight: the button that was pressed may stand far below. */
function Problem() {
  const place = useRef(null);
  useEffect(() => { if (problem.value) place.current.scrollIntoView({ block: "center" }); }, [problem.value]);
  return html`<p role="alert" ref=${place} class=${problem.value ? "problem" : "unseen"}>${problem.value}</p>`;
}

function Ride() {
  const { short_no: no, delivery_state: state, due_at: due, contact, note, bags, legal,
    next_milestones: next } = ride.value;
  return html`<main class="track ride" data-state=${state}><section class="now"><p>${t("ride.title",
    { no })}</p>
      <h1>${t(`ride.state.${state}`)}</h1><p>${t("ride.due", { at: clockTime(due) })}</p></section>
    <${Problem} />
    <${Calls} />
    ${contact && html`<${Where} contact=${contact} note=${note}
      onCall=${legal.includes("call") ? () => act({ type: "call" }) : undefined} />`}
    <section class="panel"><h2>${t("bags.title", { n: bags.length })}</h2><ul class="bags">
      ${bags.map((bag) => html`<li key=${bag.code} class=${bag.temperature}>${t("bag", { n: bag.n })} ·
        ${" "}${t(`zone.${bag.temperature}`)}</li>`)}</ul></section>
    ${sheet.value === "return" ? html`<${Return} />` : html`
      ${next.map((name) => html`<${Act} key=${name} kind="primary" onClick=${() => act({ type: "milestone",
        name })}>
        ${t(`ride.milestone.${name}`)}<//>`)}
      ${legal.includes("deliver") && html`<${Deliver} />`}
      ${legal.includes("return") && html`<${Act} kind="danger"
        onClick=${() => { sheet.value = "return"; }}>${t("ride.return")}<//>`}`}
  </main>`;
}

function Page() {
  const other = locale.value === "en" ? "zh-CN" : "en";
  return html`<header class="head"><span class="logo" aria-hidden="true"><span>福</span></span>
    <span class="head-name">fulfil</span>
      <button type="button" class="button" lang=${other} onClick=${() => setLocale(other)}>${other === "en"
        ? "English" : "中文"}</button></header>
    ${ride.value ? html`<${Ride} />` : html`<main class="track">${ride.value === null
      ? html`<h1>${t("ride.unknown")}</h1><p>${t("ride.unknown_lead")}</p>`
      : problem.value && html`<h1>${problem.value}</h1><${Act} kind="primary"
        onClick=${look}>${t("again")}<//>`}</main>`}`;
}

await loadDictionaries(["track"]);
effect(() => { document.title = t("ride.page"); });
render(html`<${Page} />`, document.getElementById("app"));
look();
// The counter's release comes while the rider waits before this page.
setInterval(() => { if (!document.hidden && ride.value && !sheet.value
  && !document.querySelector("input:focus")) look(); }, LOOK_MS);
