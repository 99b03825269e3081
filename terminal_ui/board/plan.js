// plan: the floor from above: aisles with their names and temperatures, staging places and stations, and
//   where people picked last.
// Exports: Plan()
import { ApiError, call } from "../core/api.js";
import { clockTime } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { html, useEffect, useSignal } from "../core/view.js";
import { Panel, explain, known } from "../desk/parts.js";
import { Seen, workOf } from "./parts.js";
import { board, floorNow, open, storeId } from "./state.js";

const SHELF = 0.3;  // of the way between two aisles, on either side of it
const EDGE = 3;  // metres around everything
const LABEL = 0.9, SMALL = 0.7, DOT = 0.55;
const LOCATION = /^([A-Z]+\d+)-(\d+)/;

const depth = (block) => 2 * block.end + (block.bays - 1) * block.bay;
const right = (block) => block.x + (block.aisles.length - 1) * block.pitch;

/** {x, y, width, height} of the whole plan. */
function frame({ blocks, places, areas = [] }) {
  const points = areas.flatMap((one) => Object.values(one.points));
  const xs = [...blocks.flatMap((one) => [one.x - one.pitch / 2, right(one) + one.pitch / 2]),
    ...places.map((one) => one.x), ...points.map(([x]) => x)];
  const ys = [...blocks.flatMap((one) => [one.y, one.y + depth(one)]), ...places.map((one) => one.y),
    ...points.map(([, y]) => y)];
  const x = Math.min(...xs) - EDGE, y = Math.min(...ys) - EDGE;
  return { x, y, width: Math.max(...xs) + EDGE - x, height: Math.max(...ys) + EDGE - y };
}

/** On paper y grows downwards; the front of the shop is at the bottom. */
const flip = (box, y) => box.y + box.height - (y - box.y);

function Aisle({ block, code, at, box }) {
  const x = block.x + at * block.pitch, shelf = block.pitch * SHELF;
  const back = flip(box, block.y + depth(block) - block.end / 2), tall = depth(block) - block.end;
  return html`<g class="aisle ${block.zone}">
    <rect x=${x - block.pitch / 2 + 0.1} y=${back} width=${shelf} height=${tall} />
    <rect x=${x + block.pitch / 2 - shelf - 0.1} y=${back} width=${shelf} height=${tall} />
    <text x=${x} y=${back + tall + LABEL} font-size=${LABEL}>${code}</text></g>`;
}

function Block({ block, box }) {
  const middle = (block.x + right(block)) / 2;
  return html`<g><text class="zone" x=${middle} font-size=${LABEL}
      y=${flip(box, block.y + depth(block)) - LABEL}>${t(`zone.${block.zone}`)}</text>
    ${block.aisles.map((code, at) => html`<${Aisle} key=${code} block=${block} code=${code} at=${at}
      box=${box} />`)}</g>`;
}

/** [x, y] of a location in metres, null when it is on no plan. */
function spotOf({ blocks, areas = [] }, location) {
  const [, aisle, bay] = location.match(LOCATION) ?? [];
  const block = blocks.find((one) => one.aisles.includes(aisle));
  if (block) return [block.x + block.aisles.indexOf(aisle) * block.pitch,
    block.y + block.end + (Number(bay) - 1) * block.bay];
  const area = areas.find((one) => one.aisles[aisle]);
  if (!area) return null;
  const { from, to, bays } = area.aisles[aisle], share = (Number(bay) - 0.5) / bays;
  const [one, other] = [area.points[from], area.points[to]];
  return [one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share];
}

function Area({ area, box }) {
  const line = ([one, other]) => html`<line x1=${one[0]} y1=${flip(box, one[1])} x2=${other[0]}
    y2=${flip(box, other[1])} />`;
  return html`<g class="area ${area.zone}">
    ${area.ways.map((way) => line(way.map((name) => area.points[name])))}
    ${Object.entries(area.aisles).map(([code, { from, to }]) => {
      const [one, other] = [area.points[from], area.points[to]];
      return html`<text key=${code} x=${(one[0] + other[0]) / 2} font-size=${LABEL}
        y=${flip(box, (one[1] + other[1]) / 2) - LABEL / 2}>${code}</text>`;
    })}</g>`;
}

/** Who picked last at one place stand beside each other. */
function Dots({ plan, box, people }) {
  const placed = people.map((one) => ({ ...one, spot: spotOf(plan, one.location) }))
    .filter(({ spot }) => spot);
  return placed.map((one, n) => {
    const before = placed.slice(0, n).filter(({ location }) => location === one.location).length;
    const [x, y] = [one.spot[0] + before * 2.4 * DOT, flip(box, one.spot[1])];
    return html`<g key=${one.person.id} class="somebody ${one.person.contact}">
      <circle cx=${x} cy=${y} r=${DOT} /><text x=${x} y=${y} font-size=${DOT}>${one.n}</text></g>`;
  });
}

/** The same as a list: a number on the plan is a person here. */
function Where({ people, plan }) {
  if (people.length === 0) return html`<p class="quiet">${t("plan.nobody")}</p>`;
  return html`<ol class="people where">${people.map(({ person, n, location, at }) => {
    const ticket = board.value.tickets.find(({ id }) => person.tickets.includes(id));
    return html`<li class="person" key=${person.id} value=${n}><div class="person-who"><b>${n} ·
        ${" "}${say(person.names)}</b><span class="quiet">${t("plan.last", { at: clockTime(at), location })}
        ${plan && !spotOf(plan, location) && html` · ${t("plan.off")}`}</span></div>
      <div class="person-state"><span class="quiet"><${Seen} person=${person} /></span>
        ${person.last_op && html`<span class="quiet">${known(`op.${person.last_op.type}`,
          person.last_op.type)}</span>`}</div>
      ${ticket && html`<div class="person-work"><button type="button" class="press small"
        onClick=${() => open(ticket)}>${workOf(ticket)} ${ticket.short_no}</button></div>`}</li>`;
  })}</ol>`;
}

function Place({ place, box }) {
  const y = flip(box, place.y);
  return html`<g class="place"><circle cx=${place.x} cy=${y} r="0.35" />
    <text x=${place.x} y=${y + LABEL * 1.3} font-size=${SMALL}>${place.code}</text></g>`;
}

function Drawing({ plan, people }) {
  const box = frame(plan);
  return html`<div class="plan-scroll" tabindex="0" role="region"
      aria-label=${t("plan.title")}><svg class="plan" role="img" aria-label=${t("plan.drawing",
      { n: plan.blocks.reduce((sum, one) => sum + one.aisles.length, 0)
        + (plan.areas ?? []).reduce((sum, one) => sum + Object.keys(one.aisles).length, 0) })}
      viewBox="${box.x} ${box.y} ${box.width} ${box.height}">
    ${plan.blocks.map((block) => html`<${Block} key=${block.aisles[0]} block=${block} box=${box} />`)}
    ${(plan.areas ?? []).map((area, n) => html`<${Area} key=${n} area=${area} box=${box} />`)}
    ${plan.places.map((place) => html`<${Place} key=${place.code} place=${place} box=${box} />`)}
    <${Dots} plan=${plan} box=${box} people=${people} /></svg></div><p class="quiet">${t("plan.front")}</p>`;
}

export function Plan() {
  const plan = useSignal(null), said = useSignal("");
  useEffect(() => {
    call("GET", `/stores/${storeId()}/floor`).then((found) => { plan.value = found; }, (error) => {
      said.value = error instanceof ApiError && error.code === "no_floor" ? t("plan.none") : explain(error);
    });
  }, []);
  const people = floorNow.value.people.map((one) => ({ ...one,
    person: board.value.people.find(({ id }) => id === one.person_id) })).filter(({ person }) => person)
    .map((one, n) => ({ ...one, n: n + 1 }));
  return html`<div class="columns"><${Panel} title=${t("plan.title")}>${plan.value ? html`<${Drawing}
    plan=${plan.value} people=${people} />`
    : html`<p class="quiet" role="status">${said.value || t("loading")}</p>`}<//>
    <div class="aside"><${Panel} title=${t("plan.people")} count=${people.length}><${Where} people=${people}
      plan=${plan.value} /><//></div></div>`;
}
