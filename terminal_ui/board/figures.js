// figures: how the shop did in a period: numbers, charts with the table behind each, and all of it as CSV.
// Exports: Figures()
import { call, session } from "../core/api.js";
import { now } from "../core/clock.js";
import { countdown, quantity } from "../core/format.js";
import { locale, say, t } from "../core/i18n.js";
import { html, signal, useEffect, useSignal } from "../core/view.js";
import { Bars, Rows } from "../desk/charts.js";
import { fetchText, save } from "../desk/fetching.js";
import { Panel, Press, Refusal, explain } from "../desk/parts.js";
import { attempt, board, storeId } from "./state.js";

const HOUR_MS = 3_600_000, DAY_MS = 24 * HOUR_MS;
const SPANS = [["today", 1, "hour"], ["week", 7, "day"], ["month", 30, "day"]];
const TABLES = ["figures", "stockouts", "workload"];
const STAGES = ["wait", "pick", "pack", "handover", "ride", "total"];
const MEASURES = ["minutes", "lines", "kilograms"];
const PERCENTS = ["on_time", "perfect", "fill"];
const LOOK_MS = 60_000;

const zone = () => session.peek().store.tz;
/** The shop's calendar day of an instant, as YYYY-MM-DD. */
const dayOf = (ms) => new Intl.DateTimeFormat("en-CA", { timeZone: zone() }).format(ms);
const lastDays = (many) => ({ first: dayOf(now() - (many - 1) * DAY_MS), last: dayOf(now()) });

const asked = signal(null);

const query = ({ first, last, by }) => `from=${first}&to=${last}&by=${by}`;
const percent = (value) => value === null ? "–" : `${value} %`;
const clock = (seconds) => seconds === null ? "–" : countdown(seconds);
const number = (value) => value === null ? "–" : value;

/** What a row is called: the hour of a day, or the day. */
function labelOf(text, by) {
  const shape = by === "hour" ? { hour: "2-digit", hourCycle: "h23" }
    : { day: "numeric", month: "numeric" };
  return new Intl.DateTimeFormat(locale.value, { ...shape, timeZone: zone() }).format(new Date(text));
}

function Choice() {
  const { first, last, by } = asked.value;
  const set = (change) => { asked.value = { ...asked.value, ...change }; };
  const day = (name, value) => html`<label class="field"><span>${t(`figures.${name}`)}</span>
    <input type="date" name=${name} value=${value} max=${dayOf(now())} required onChange=${(event) => {
      if (event.currentTarget.value) set({ [name]: event.currentTarget.value });
    }} /></label>`;
  return html`<div class="figures-choice"><div class="together wrap" role="group"
      aria-label=${t("figures.period")}>${SPANS.map(([name, days, span]) => {
      const period = { ...lastDays(days), by: span };
      return html`<${Press} key=${name} aria-pressed=${query(period) === query(asked.value)}
        onClick=${() => set(period)}>${t(`figures.${name}`)}<//>`;
    })}</div>
    <div class="together wrap">${day("first", first)}${day("last", last)}<label class="field">
      <span>${t("figures.by")}</span><select name="by" value=${by}
        onChange=${(event) => set({ by: event.currentTarget.value })}>
        <option value="hour">${t("figures.by_hour")}</option>
        <option value="day">${t("figures.by_day")}</option></select></label></div></div>`;
}

function Tiles({ total }) {
  const told = [["orders", total.orders],
    ...PERCENTS.map((name) => [name, percent(total[`${name}_percent`])]),
    ["units_per_hour", number(total.units_per_hour)], ["total_p50", clock(total.stages.total.p50_seconds)]];
  return html`<dl class="tiles">${told.map(([name, value]) => html`<div key=${name}>
    <dt>${t(`figures.${name}`)}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** One figure over the period. */
function Over({ name, rows, by, value, shown }) {
  return html`<${Bars} title=${t(`figures.${name}`)} empty=${t("figures.nothing")}
    columns=${[t(`figures.by_${by}`), t(`figures.${name}`)]}
    rows=${rows.map((row) => ({ key: row.starts_at, label: labelOf(row.starts_at, by), value: value(row) ?? 0,
      shown: shown(value(row)) }))} />`;
}

function Stages({ stages }) {
  return html`<${Bars} title=${t("figures.stages")} empty=${t("figures.nothing")}
    columns=${[t("col.stage"), t("figures.p50"), t("figures.p95"), t("figures.orders")]}
    rows=${STAGES.map((name) => ({ key: name, label: t(`figures.stage_${name}`),
      value: stages[name].p95_seconds ?? 0, shown: clock(stages[name].p95_seconds),
      cells: [clock(stages[name].p50_seconds), clock(stages[name].p95_seconds), stages[name].orders] }))} />`;
}

function Waits({ total }) {
  const waits = { ...total.rider_wait_minutes, rider: total.goods_wait_minutes };
  return html`<${Bars} title=${t("figures.waits")} empty=${t("figures.nothing")}
    columns=${[t("figures.waits_by"), t("figures.minutes")]}
    rows=${Object.entries(waits).map(([name, minutes]) => ({ key: name, label: t(`figures.waits_${name}`),
      value: minutes, shown: Math.round(minutes), cells: [minutes] }))} />`;
}

function Spent({ total }) {
  return html`<${Bars} title=${t("figures.spent")} empty=${t("figures.nothing")}
    columns=${[t("figures.spent_on"), t("figures.minutes")]}
    rows=${["work", "search", "idle"].map((name) => ({ key: name, label: t(`figures.spent_${name}`),
      value: total[`${name}_minutes`], shown: Math.round(total[`${name}_minutes`]),
      cells: [total[`${name}_minutes`]] }))} />`;
}

function Stockouts({ rows }) {
  const most = Math.max(1, ...rows.map(({ orders }) => orders));
  return html`<${Panel} title=${t("figures.stockouts")}>${rows.length === 0
    ? html`<p class="quiet">${t("figures.nothing")}</p>` : html`<${Rows} caption=${t("figures.stockouts")}
      columns=${[t("figures.goods"), t("figures.orders"), t("figures.lacking")]}
      rows=${rows.map((one) => ({ key: one.sku, cells: [say(one.names), html`<span class="meter"><i
        style=${{ width: `${one.orders / most * 100}%` }}></i><b>${one.orders}</b></span>`,
        quantity(one.quantity, one.unit)] }))} />`}<//>`;
}

function Workload({ rows }) {
  const spread = (one) => `${one.least} – ${one.most} (${percent(one.spread_percent)})`;
  return html`<${Panel} title=${t("figures.workload")}><p class="quiet">${t("figures.workload_lead")}</p>
    ${rows.length === 0 ? html`<p class="quiet">${t("figures.workload_none")}</p>`
    : html`<${Rows} caption=${t("figures.workload")} columns=${[t("figures.by_day"), t("col.stage"),
      t("figures.people"), ...MEASURES.map((name) => t(`figures.spread_${name}`))]}
      rows=${rows.map((one) => ({ key: one.day + one.stage, cells: [one.day, t(`stage.${one.stage}`),
        one.people, ...MEASURES.map((name) => spread(one[name]))] }))} />`}<//>`;
}

function Download() {
  const get = (table) => attempt(async () => {
    const { first, last } = asked.value;
    const text = await fetchText(`/stores/${storeId()}/figures.csv?${query(asked.value)}&table=${table}`,
      "text/csv");
    save(`${table}-${first}-${last}.csv`, text, "text/csv");
  });
  return html`<div class="together wrap" role="group" aria-label=${t("figures.csv")}>${TABLES.map((table) =>
    html`<${Press} key=${table} onClick=${() => get(table)}>${t(`figures.csv_${table}`)}<//>`)}</div>`;
}

/** Every hour or day between the first and the last that has orders; those without have none. */
function whole(rows, by) {
  if (rows.length === 0) return [];
  const step = by === "hour" ? HOUR_MS : DAY_MS, known = new Map(rows.map((row) => [labelOf(row.starts_at, by)
    + dayOf(Date.parse(row.starts_at)), row]));
  const found = [];
  const last = Date.parse(rows.at(-1).starts_at) + step / 2;
  for (let at = Date.parse(rows[0].starts_at); at <= last; at += step) {
    const text = new Date(at).toISOString();
    found.push(known.get(labelOf(text, by) + dayOf(at)) ?? { starts_at: text, orders: 0, units_per_hour: null,
      ...Object.fromEntries(PERCENTS.map((name) => [`${name}_percent`, null])) });
  }
  return found;
}

function Shown({ found }) {
  const { total, by } = found, rows = whole(found.rows, by);
  return html`<${Tiles} total=${total} /><div class="charts">
    <${Over} name="orders" rows=${rows} by=${by} value=${({ orders }) => orders} shown=${number} />
    <${Over} name="units_per_hour" rows=${rows} by=${by} value=${(row) => row.units_per_hour}
      shown=${(one) => one === null ? "–" : Math.round(one)} />
    ${PERCENTS.map((name) => html`<${Over} key=${name} name=${name} rows=${rows} by=${by}
      value=${(row) => row[`${name}_percent`]} shown=${percent} />`)}
    <${Stages} stages=${total.stages} /><${Spent} total=${total} /><${Waits} total=${total} />
    <${Stockouts} rows=${found.stockouts} /><${Workload} rows=${found.workload} /></div>`;
}

export function Figures() {
  const found = useSignal(null), problem = useSignal("");
  asked.value ??= { ...lastDays(1), by: "hour" };
  const turn = `${query(asked.value)} ${Math.floor(Date.parse(board.value.at) / LOOK_MS)}`;
  useEffect(() => {
    let isOver = false;
    call("GET", `/stores/${storeId()}/figures?${query(asked.value)}`).then((answer) => {
      if (!isOver) { found.value = answer; problem.value = ""; }
    }, (error) => { if (!isOver) problem.value = explain(error); });
    return () => { isOver = true; };
  }, [turn]);
  return html`<section class="figures"><${Choice} />
    ${problem.value && html`<p class="refusal" role="alert">${problem.value}</p>`}
    ${found.value ? html`<${Shown} found=${found.value} />` : !problem.value && html`<p class="quiet"
      role="status">${t("loading")}</p>`}<${Download} /><${Refusal} />
    <p class="quiet">${t("figures.lead")}</p></section>`;
}
