// plan: the floor from above: aisles with their names and temperatures, staging places and stations.
// Exports: Plan()
import { ApiError, call } from "../core/api.js";
import { t } from "../core/i18n.js";
import { html, useEffect, useSignal } from "../core/view.js";
import { Panel, explain } from "../desk/parts.js";
import { storeId } from "./state.js";

const SHELF = 0.3;  // of the way between two aisles, on either side of it
const EDGE = 3;  // metres around everything
const LABEL = 0.9, SMALL = 0.7;

const depth = (block) => 2 * block.end + (block.bays - 1) * block.bay;
const right = (block) => block.x + (block.aisles.length - 1) * block.pitch;

/** {x, y, width, height} of the whole plan. */
function frame({ blocks, places }) {
  const xs = [...blocks.flatMap((one) => [one.x - one.pitch / 2, right(one) + one.pitch / 2]),
    ...places.map((one) => one.x)];
  const ys = [...blocks.flatMap((one) => [one.y, one.y + depth(one)]), ...places.map((one) => one.y)];
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

function Place({ place, box }) {
  const y = flip(box, place.y);
  return html`<g class="place"><circle cx=${place.x} cy=${y} r="0.35" />
    <text x=${place.x} y=${y + LABEL * 1.3} font-size=${SMALL}>${place.code}</text></g>`;
}

function Drawing({ plan }) {
  const box = frame(plan);
  return html`<div class="plan-scroll"><svg class="plan" role="img" aria-label=${t("plan.drawing",
      { n: plan.blocks.reduce((sum, one) => sum + one.aisles.length, 0) })}
      viewBox="${box.x} ${box.y} ${box.width} ${box.height}">
    ${plan.blocks.map((block) => html`<${Block} key=${block.aisles[0]} block=${block} box=${box} />`)}
    ${plan.places.map((place) => html`<${Place} key=${place.code} place=${place} box=${box} />`)}
    </svg></div><p class="quiet">${t("plan.front")}</p>`;
}

export function Plan() {
  const plan = useSignal(null), said = useSignal("");
  useEffect(() => {
    call("GET", `/stores/${storeId()}/floor`).then((found) => { plan.value = found; }, (error) => {
      said.value = error instanceof ApiError && error.code === "no_floor" ? t("plan.none") : explain(error);
    });
  }, []);
  return html`<${Panel} title=${t("plan.title")}>${plan.value ? html`<${Drawing} plan=${plan.value} />`
    : html`<p class="quiet" role="status">${said.value || t("loading")}</p>`}<//>`;
}
