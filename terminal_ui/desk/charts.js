// charts: bars as small drawings, each with its table behind. Exports:
//   Rows({columns, rows, caption})   a table that becomes cards on a phone; rows are {key, cells, tone?}
//   Bars({title, rows, columns, empty})
//   rows of Bars: [{key, label, value, shown?, more?, cells?}]; `shown` is the value as people read it;
//   `cells` are what stands in the table after the label, else it is the value and `more`
import { t } from "../core/i18n.js";
import { html, signal, useSignal } from "../core/view.js";
import { Panel, Press } from "./parts.js";

const HEIGHT = 160, FOOT = 22, HEAD = 18, SIDE = 14, GAP = 0.28, BAR_MAX = 56, LABEL = 46, DIGIT = 9;
const narrow = matchMedia("(max-width: 720px)");
const width = signal(0);
// A unit of the drawing is about a pixel, so that its words are as large as all others.
const measure = () => { width.value = narrow.matches ? 260 : 560; };
narrow.addEventListener("change", measure);
measure();

function Bar({ row, middle, step, most, isNamed }) {
  const height = row.value / most * (HEIGHT - FOOT - HEAD), top = HEIGHT - FOOT - height;
  // Among many days only the highest bar has room for its figure; the table has them all.
  const hasRoom = String(row.shown ?? row.value).length * DIGIT <= step;
  const isTold = row.value > 0 && (row.value === most || hasRoom);
  const wide = Math.min(BAR_MAX, step * (1 - GAP));
  return html`<g><rect x=${middle - wide / 2} y=${top} width=${wide} height=${height} rx="3" />
    ${isTold && html`<text x=${middle} y=${top - 5}>${row.shown ?? row.value}</text>`}
    ${isNamed && html`<text class="foot" x=${middle} y=${HEIGHT - 6}>${row.label}</text>`}</g>`;
}

function Drawing({ title, rows }) {
  const most = Math.max(1, ...rows.map(({ value }) => value));
  const step = (width.value - 2 * SIDE) / rows.length;
  // Of many days only some have room for their name; the last one always has.
  const every = Math.ceil(LABEL / step);
  return html`<svg class="bars" viewBox="0 0 ${width.value} ${HEIGHT}" role="img" aria-label=${title}>
    <line x1="0" x2=${width.value} y1=${HEIGHT - FOOT} y2=${HEIGHT - FOOT} />
    ${rows.map((row, n) => html`<${Bar} key=${row.key} row=${row} middle=${SIDE + (n + 0.5) * step}
      step=${step} most=${most} isNamed=${(rows.length - 1 - n) % every === 0} />`)}</svg>`;
}

export function Rows({ columns, rows, caption }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}><table class="tickets">
    <thead><tr>${columns.map((name) => html`<th scope="col" key=${name}>${name}</th>`)}</tr></thead>
    <tbody>${rows.map(({ key, cells, tone = "" }) => html`<tr key=${key} class=${tone}>
      ${cells.map((cell, n) => n === 0 ? html`<th scope="row" key=${n}>${cell}</th>`
        : html`<td key=${n} data-label=${columns[n]}>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

export function Bars({ title, rows, columns, empty }) {
  const isTable = useSignal(false);
  const total = rows.reduce((sum, { value }) => sum + value, 0);
  return html`<${Panel} title=${title}>${total === 0 ? html`<p class="quiet">${empty}</p>`
    : html`${isTable.value ? html`<${Rows} caption=${title} columns=${columns}
        rows=${rows.map(({ key, label, value, shown, more, cells }) => ({ key, cells: [label, ...cells
          ?? [shown ?? value, ...more === undefined ? [] : [more]]] }))} />`
        : html`<${Drawing} title=${title} rows=${rows} />`}
      <${Press} kind="small" aria-pressed=${isTable.value}
        onClick=${() => { isTable.value = !isTable.value; }}>${t("figures.table")}<//>`}<//>`;
}
