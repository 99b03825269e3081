// walk: the way over the floor plan past the shelves that are left, in the order in which they are met. Pure.
// Between two shelves of a block the way is the shorter one of those along its front and its back. In the order of
// the shop's own plan (fulfil/store/rules/walks.py) this is as long as its walk: both are the shortest. Where shelves
// stand otherwise it is the shortest along the ways of their area.
// Exports: way(plan, from, locations, end) → {metres, points: [[x, y]], stops: [{location, x, y}]}
//            null when none of the locations is on the plan; from: a location, or null for the entrance;
//            end: a place's code
//          aislesOf(block) → [{code, x, front, back}]
import { along, metresIn, spotIn, startOf } from "./areas.js";

const LOCATION = /^([A-Z]+\d+)-(\d+)(?:-\d+)?$/;

const depth = (block) => 2 * block.end + (block.bays - 1) * block.bay;

/** {part: block, aisle, at}: at are metres from the front; or a spot of an area; undefined: on no plan. */
function spot(plan, location) {
  const [, code, bay] = LOCATION.exec(location ?? "") ?? [];
  const block = plan.blocks.find((one) => one.aisles.includes(code) && bay >= 1 && bay <= one.bays);
  if (block) return { part: block, aisle: block.aisles.indexOf(code), at: block.end + (bay - 1) * block.bay };
  const area = plan.areas?.find((one) => one.aisles[code]);
  return area && spotIn(area, code, Number(bay));
}

const entrance = (part) => part.points ? startOf(part)
  : { part, aisle: Math.max(0, part.aisles.indexOf(part.start)), at: 0 };
const metresOf = (one) => one.ends ? metresIn(one)
  : [one.part.x + one.aisle * one.part.pitch, one.part.y + one.at];

/** From one spot of a part of the floor to another one: the spots passed, the last included. */
function within(one, other) {
  if (one.ends) return along(one, other);
  if (one.aisle === other.aisle) return [other];
  const { part } = one, far = depth(part);
  const edge = one.at + other.at <= far ? 0 : far;
  return [{ part, aisle: one.aisle, at: edge }, { part, aisle: other.aisle, at: edge }, other];
}

/** A way into another part leads through both entrances. */
const onward = (one, other) => one.part === other.part ? within(one, other)
  : [...within(one, entrance(one.part)), entrance(other.part), ...within(entrance(other.part), other)];

const between = ([x, y], [toX, toY]) => Math.hypot(toX - x, toY - y);

export function way(plan, from, locations, end) {
  const met = locations.map((location) => ({ location, at: spot(plan, location) })).filter(({ at }) => at);
  if (!met.length) return null;
  const begin = spot(plan, from) ?? entrance(met[0].at.part);
  const passed = [begin];
  for (const { at } of met) passed.push(...onward(passed.at(-1), at));
  passed.push(...within(passed.at(-1), entrance(passed.at(-1).part)));
  const place = plan.places.find((one) => one.code === end);
  const points = [...passed.map(metresOf), ...(place ? [[place.x, place.y]] : [])];
  const metres = points.slice(1).reduce((sum, point, at) => sum + between(points[at], point), 0);
  const stops = met.map(({ location, at }) => ({ location, x: metresOf(at)[0], y: metresOf(at)[1] }));
  return { metres, points, stops };
}

export const aislesOf = (block) => block.aisles.map((code, at) => ({ code, x: block.x + at * block.pitch,
  front: block.y, back: block.y + depth(block) }));
