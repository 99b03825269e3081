// roster: who works from when to when on one day, with breaks; shifts are added, changed and removed.
// Exports: Roster()
import { call, session } from "../core/api.js";
import { now } from "../core/clock.js";
import { say, t } from "../core/i18n.js";
import { html, signal, useEffect, useSignal } from "../core/view.js";
import { Panel, Press, Refusal, Text, explain, refusal } from "../desk/parts.js";
import { dayAfter, dayOf, instantOf, timeOf } from "./days.js";
import { attempt, storeId } from "./state.js";

const HOURS = [0, 6, 12, 18];
const FIRST_SHIFT = { start: "08:00", end: "16:00" }, FIRST_BREAK = { start: "12:00", end: "12:30" };

const zone = () => session.peek().store.tz;
const rfc3339 = (instant) => new Date(instant).toISOString();
const begins = (day) => instantOf(day, "00:00", zone());

const day = signal("");
const shifts = signal(null);
const people = signal([]);
const changed = signal(null);  // the shift that the form changes
const saved = signal(0);  // how many shifts were put on: the form begins anew after each

async function load() {
  const asked = day.value, query = new URLSearchParams({ store_id: storeId(), since: rfc3339(begins(asked)),
    until: rfc3339(begins(dayAfter(asked, 1))) });
  try {
    const found = await call("GET", `/staff/roster?${query}`);
    if (day.value === asked) shifts.value = found.shifts;
  } catch (error) { refusal.value = explain(error); }
}

async function loadPeople() {
  try {
    people.value = (await call("GET", `/staff/people?store_id=${storeId()}`)).people;
  } catch (error) { refusal.value = explain(error); }
}

function show(wanted) {
  if (!wanted) return;
  day.value = wanted;
  shifts.value = changed.value = null;
  load();
}

/** The time of an instant, with its day where that is not the one that is shown. */
function clockOf(instant) {
  const ofDay = dayOf(instant, zone());
  return ofDay === day.value ? timeOf(instant, zone()) : `${ofDay.slice(5)} ${timeOf(instant, zone())}`;
}

const span = ({ starts_at: from, ends_at: to }) => t("roster.span", { from: clockOf(from), to: clockOf(to) });
const nameOf = (id) => say(people.value.find((one) => one.id === id)?.names) || id;

/** Where an instant lies on the shown day, per cent. */
function share(instant) {
  const from = begins(day.value), to = begins(dayAfter(day.value, 1));
  return Math.min(100, Math.max(0, 100 * (Date.parse(instant) - from) / (to - from)));
}

function Bar({ shift }) {
  const piece = (kind, { starts_at: from, ends_at: to }) => html`<i key=${kind + from} class=${kind}
    style=${{ left: `${share(from)}%`, width: `${share(to) - share(from)}%` }}></i>`;
  return html`<div class="roster-bar" aria-hidden="true">${piece("work", shift)}
    ${shift.breaks.map((one) => piece("rest", one))}</div>`;
}

const STEP_MINUTES = 15;
const MINUTE_MS = 60_000;

/** A break that is still to come goes a quarter of an hour earlier or later. */
function Break({ shift, rest, name }) {
  const isTried = useSignal(false), from = rest.starts_at;
  const move = (minutes) => {
    isTried.value = true;
    return attempt(async () => {
      await call("POST", `/staff/roster/${shift.id}/break`, { store_id: storeId(), starts_at: from,
        to: rfc3339(Date.parse(from) + minutes * MINUTE_MS) });
      await load();
    });
  };
  const press = (minutes, key) => html`<${Press} kind="small" onClick=${() => move(minutes)}>
    ${t(key, { n: STEP_MINUTES })}<span class="unseen"> ${name} ${span(rest)}</span><//>`;
  return html`<div class="together wrap roster-rest"><span class="quiet">
      ${t("roster.breaks", { when: span(rest) })}</span>
    ${Date.parse(from) > now() && html`${press(-STEP_MINUTES, "roster.break_earlier")}
      ${press(STEP_MINUTES, "roster.break_later")}`}${isTried.value && html`<${Refusal} />`}</div>`;
}

/** Who is on duty is asked for no more work that ends later: removing asks once more. */
function Shift({ shift }) {
  const isAsked = useSignal(false), name = nameOf(shift.person_id);
  const remove = () => attempt(async () => {
    await call("DELETE", `/staff/roster/${shift.id}?store_id=${storeId()}`);
    if (changed.value?.id === shift.id) changed.value = null;
    await load();
  });
  const unseen = html`<span class="unseen"> ${name}</span>`;
  return html`<li class="shift" data-shift=${shift.id}><div class="person-who"><b>${name}</b>
      <span>${span(shift)}</span></div>
    <div class="together wrap">${isAsked.value ? html`
      <${Press} kind="small danger" onClick=${remove}>${t("roster.remove_sure")}${unseen}<//>
      <${Press} kind="small" onClick=${() => { isAsked.value = false; }}>${t("person.leave")}<//>` : html`
      <${Press} kind="small" onClick=${() => { changed.value = shift; }}>${t("roster.change")}${unseen}<//>
      <${Press} kind="small" onClick=${() => { isAsked.value = true; }}>${t("roster.remove")}${unseen}<//>`}
    </div>
    ${shift.breaks.map((rest) => html`<${Break} key=${rest.starts_at} shift=${shift} rest=${rest}
      name=${name} />`)}<${Bar} shift=${shift} /></li>`;
}

function Day() {
  const field = { value: day.value, onChange: (event) => show(event.currentTarget.value) };
  const step = (n, word) => html`<${Press} onClick=${() => show(dayAfter(day.value, n))}>${t(word)}<//>`;
  return html`<${Panel} title=${t("roster.title")} count=${shifts.value?.length}>
    <div class="roster-day">${step(-1, "roster.before")}<label class="field"><span>${t("roster.day")}</span>
      <input type="date" name="roster-day" required ...${field} /></label>${step(1, "roster.after")}</div>
    ${shifts.value === null && html`<p class="quiet" role="status">${refusal.value || t("loading")}</p>`}
    ${shifts.value?.length === 0 && html`<p class="quiet">${t("roster.nobody")}</p>`}
    ${shifts.value?.length > 0 && html`<div class="roster-hours" aria-hidden="true">
        ${HOURS.map((hour) => html`<span key=${hour}>${hour}</span>`)}</div>
      <ul class="roster">${shifts.value.map((shift) => html`<${Shift} key=${shift.id} shift=${shift} />`)}
        </ul>`}<//>`;
}

/** Times of a form as instants; what is not after its shift's start is on the next day. */
function instants(ofDay, work, rests) {
  const start = instantOf(ofDay, work.start, zone());
  const after = (time) => {
    const sameDay = instantOf(ofDay, time, zone());
    return sameDay > start ? sameDay : instantOf(dayAfter(ofDay, 1), time, zone());
  };
  return { starts_at: rfc3339(start), ends_at: rfc3339(after(work.end)),
    breaks: rests.map((rest) => ({ starts_at: rfc3339(after(rest.start)), ends_at: rfc3339(after(rest.end)) })) };
}

const timesOf = ({ starts_at: from, ends_at: to }) =>
  ({ start: timeOf(from, zone()), end: timeOf(to, zone()) });

const overlaps = (one, other) => Date.parse(one.starts_at) < Date.parse(other.ends_at)
  && Date.parse(other.starts_at) < Date.parse(one.ends_at);

/** A shift takes the place of those it overlaps; one that was moved further is taken off, too. */
async function put(personId, planned, before) {
  await call("PUT", "/staff/roster", { store_id: storeId(), shifts: [{ person_id: personId, ...planned }] });
  if (before && !overlaps(before, planned)) {
    await call("DELETE", `/staff/roster/${before.id}?store_id=${storeId()}`);
  }
  changed.value = null;
  saved.value += 1;
  await load();
}

function Times({ of, name, words }) {
  const part = (which) => ({ get value() { return of.value[which]; },
    set value(time) { of.value = { ...of.value, [which]: time }; } });
  return html`<div class="together"><${Text} label=${t(`${words}from`)} value=${part("start")} type="time"
      name=${`${name}-from`} required /><${Text} label=${t(`${words}to`)} value=${part("end")} type="time"
      name=${`${name}-to`} required /></div>`;
}

function Planning({ shift }) {
  const person = useSignal(shift?.person_id ?? ""), isTried = useSignal(false);
  const work = useSignal(shift ? timesOf(shift) : FIRST_SHIFT);
  const rests = useSignal(shift?.breaks.map(timesOf) ?? []);
  const rest = (at) => ({ get value() { return rests.value[at]; },
    set value(times) { rests.value = rests.value.with(at, times); } });
  const save = async (event) => {
    event.preventDefault();
    isTried.value = true;
    const from = shift ? dayOf(shift.starts_at, zone()) : day.value;
    await attempt(() => put(person.value, instants(from, work.value, rests.value), shift));
  };
  return html`<${Panel} title=${t(shift ? "roster.change_title" : "roster.add_title")}>
    <form class="add" onSubmit=${save}>
    ${shift ? html`<p><b>${nameOf(shift.person_id)}</b></p>` : html`<label class="field">
      <span>${t("roster.who")}</span><select name="roster-person" required value=${person.value}
        onChange=${(event) => { person.value = event.currentTarget.value; }}><option value=""></option>
        ${people.value.filter((one) => !one.disabled).map((one) => html`<option value=${one.id}
          key=${one.id}>${say(one.names)} · ${one.badge}</option>`)}</select></label>`}
    <${Times} of=${work} name="work" words="roster." />
    ${rests.value.map((_, at) => html`<div class="roster-break" key=${at}><${Times} of=${rest(at)}
      name=${`break-${at}`} words="roster.break_" /><${Press} kind="small" onClick=${() => {
        rests.value = rests.value.toSpliced(at, 1); }}>${t("roster.break_off")}<//></div>`)}
    <${Press} onClick=${() => { rests.value = [...rests.value, FIRST_BREAK]; }}>${t("roster.break_add")}<//>
    ${isTried.value && html`<${Refusal} />`}
    <div class="together"><button type="submit"
      class="press strong">${t(shift ? "roster.save" : "roster.add")}</button>
      ${shift && html`<${Press} onClick=${() => { changed.value = null; }}>${t("person.leave")}<//>`}</div>
    </form><//>`;
}

export function Roster() {
  useEffect(() => {
    refusal.value = "";
    loadPeople();
    show(dayOf(now(), zone()));
    return () => { changed.value = null; };
  }, []);
  if (!day.value) return null;
  return html`<div class="columns"><${Day} /><div class="aside"><${Planning} shift=${changed.value}
    key=${changed.value?.id ?? saved.value} /></div></div>`;
}
