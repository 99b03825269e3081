// plan: the walk on the floor plan, which is kept on the device. Without a plan nothing is shown.
// Exports: wayLeft()   the way past all open lines, or null; Plan({way})   its drawing
//          isShown     signal: does the plan stand in the place of the goods' picture; kept on the device
import { ApiError, Offline, call, session } from "../core/api.js";
import { getMeta, setMeta } from "../core/db.js";
import { t } from "../core/i18n.js";
import { online } from "../core/live.js";
import { effect, html, signal } from "../core/view.js";
import { here, stops, together } from "./state.js";
import { aislesOf, way } from "./walk.js";

const EDGE = 1.6;  // metres around the way
const SHELF = 0.3;  // of the way between two aisles, on either side
const DOT = 45;  // of these beside each other fill the drawing's longer side

const plan = signal(null);
export const isShown = signal(localStorage.getItem("fulfil.plan") === "shown");
effect(() => { localStorage.setItem("fulfil.plan", isShown.value ? "shown" : "hidden"); });

async function fetchPlan(store) {
  const key = `floor.${store}`;
  plan.value = await getMeta(key) ?? null;
  if (!online.peek()) return;
  try {
    const { blocks, areas, places } = await call("GET", `/stores/${store}/floor`);
    plan.value = { blocks, areas, places };
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof Offline)) throw error;
    if (error.code !== "no_floor") return;
    plan.value = null;
  }
  await setMeta(key, plan.value);
}

let fetched = null;
effect(() => {
  const store = session.value?.store?.id, wanted = store && `${store} ${online.value}`;
  if (!wanted || wanted === fetched) return;
  fetched = wanted;
  fetchPlan(store);
});

/** Where the picker is when nothing was scanned yet since the page was opened: at the last line that is done. */
function lastPlace() {
  const done = together.value.flatMap((ticket) => ticket.lines.filter((line) => line.state !== "todo"));
  return done.sort((one, other) => one.position - other.position).at(-1)?.location ?? null;
}

export function wayLeft() {
  const left = stops();
  if (!plan.value || !left.length) return null;
  return way(plan.value, here.value ?? lastPlace(), left.map(({ line }) => line.found_at ?? line.location),
    left.at(-1).ticket.staging?.place);
}

const drawn = (points) => points.map(([x, y]) => `${x.toFixed(1)},${(-y).toFixed(1)}`).join(" ");

/** {x, y, width, height}: around the way, y downwards as on paper. */
function frame(points) {
  const xs = points.map(([x]) => x), ys = points.map(([, y]) => -y);
  const x = Math.min(...xs) - EDGE, y = Math.min(...ys) - EDGE;
  return { x, y, width: Math.max(...xs) + EDGE - x, height: Math.max(...ys) + EDGE - y };
}

function Aisle({ aisle, pitch, box, size, isMet }) {
  if (aisle.x + pitch < box.x || aisle.x - pitch > box.x + box.width) return null;
  const wide = pitch * SHELF, tall = aisle.back - aisle.front - 2;
  return html`<g><rect x=${aisle.x - pitch / 2} y=${-aisle.back + 1} width=${wide} height=${tall} />
    <rect x=${aisle.x + pitch / 2 - wide} y=${-aisle.back + 1} width=${wide} height=${tall} />
    ${isMet && html`<text x=${aisle.x} y=${-aisle.front + size} font-size=${size}>${aisle.code}</text>`}</g>`;
}

/** The ways that one can go, with the names of the aisles where something is left to fetch. */
function Area({ area, size, isMet }) {
  const met = Object.entries(area.aisles).filter(([code]) => isMet(code));
  return html`<g>${area.ways.map((way) => {
    const [[x, y], [toX, toY]] = way.map((point) => area.points[point]);
    return html`<line key=${way.join()} x1=${x} y1=${-y} x2=${toX} y2=${-toY} />`;
  })}${met.map(([code, { from, to }]) => {
    const [[x, y], [toX, toY]] = [area.points[from], area.points[to]];
    return html`<text key=${code} x=${(x + toX) / 2} y=${-(y + toY) / 2 - size / 2}
      font-size=${size}>${code}</text>`;
  })}</g>`;
}

export function Plan({ way: { metres, points, stops: left } }) {
  const box = frame(points), size = Math.max(box.width, box.height) / DOT;
  const [next] = left, [startX, startY] = points[0];
  const isMet = (code) => left.some((stop) => stop.location.startsWith(`${code}-`));
  return html`<svg class="plan" role="img" viewBox="${box.x} ${box.y} ${box.width} ${box.height}"
      aria-label=${t("plan.drawing", { place: next.location, n: left.length, metres: Math.round(metres) })}>
    ${plan.value.blocks.flatMap((block) => aislesOf(block).map((aisle) => html`<${Aisle} key=${aisle.code}
      aisle=${aisle} pitch=${block.pitch} box=${box} size=${2.4 * size} isMet=${isMet(aisle.code)} />`))}
    ${(plan.value.areas ?? []).map((area) => html`<${Area} key=${area.start} area=${area} size=${2.4 * size}
      isMet=${isMet} />`)}
    <polyline points=${drawn(points)} stroke-width=${size / 2} />
    ${left.slice(1).map((stop) => html`<circle key=${stop.location} class="later" cx=${stop.x} cy=${-stop.y}
      r=${0.7 * size} />`)}
    <circle class="next" cx=${next.x} cy=${-next.y} r=${1.3 * size} stroke-width=${size / 2} />
    <path class="here" d="M${startX} ${-startY - 1.3 * size}l${size} ${2.2 * size}h${-2 * size}z" /></svg>`;
}
