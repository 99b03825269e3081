// areas: ways through a part of the floor that is no block (fulfil/store/rules/areas.py). Pure.
// A spot is {part: area, ends: [one, other], at}: so many metres along the way between two points, which are in
//   the order of their names: bays on both sides of a way are told alike, whichever way they count.
// Exports: spotIn(area, code, bay) → spot, or undefined where there is no such bay; startOf(area) → spot
//          metresIn(spot) → [x, y]; along(one, other) → spots passed on the shortest way, the last included
const between = ([x, y], [toX, toY]) => Math.hypot(toX - x, toY - y);
const lengthOf = ({ points }, [one, other]) => between(points[one], points[other]);
const at = (part, point) => ({ part, ends: [point, point], at: 0 });

export function spotIn(area, code, bay) {
  const { from, to, bays } = area.aisles[code];
  if (bay < 1 || bay > bays) return undefined;
  const share = (bay - 0.5) / bays, length = lengthOf(area, [from, to]);
  return from < to ? { part: area, ends: [from, to], at: length * share }
    : { part: area, ends: [to, from], at: length * (1 - share) };
}

export const startOf = (area) => at(area, area.start);

export function metresIn({ part, ends, at: metres }) {
  const [[x, y], [toX, toY]] = ends.map((point) => part.points[point]);
  const share = metres / (lengthOf(part, ends) || 1);
  return [x + (toX - x) * share, y + (toY - y) * share];
}

/** Dijkstra 1959: by point, how far it is from `start` and the points on the way, both ends included. */
function pathsFrom(area, start) {
  const ahead = new Map([[start, { metres: 0, path: [start] }]]), found = new Map();
  while (ahead.size) {
    const [here, { metres, path }] = [...ahead].reduce((one, other) =>
      other[1].metres < one[1].metres ? other : one);
    ahead.delete(here);
    found.set(here, { metres, path });
    for (const way of area.ways.filter((one) => one.includes(here))) {
      const there = way[0] === here ? way[1] : way[0], far = metres + lengthOf(area, way);
      if (found.has(there) || ahead.get(there)?.metres <= far) continue;
      ahead.set(there, { metres: far, path: [...path, there] });
    }
  }
  return found;
}

const known = new WeakMap();
function paths(area, start) {
  if (!known.has(area)) known.set(area, new Map());
  const ofArea = known.get(area);
  if (!ofArea.has(start)) ofArea.set(start, pathsFrom(area, start));
  return ofArea.get(start);
}

const exits = ({ part, ends, at: metres }) => [[ends[0], metres], [ends[1], lengthOf(part, ends) - metres]];

export function along(one, other) {
  if (one.ends.join() === other.ends.join()) return [other];
  const all = exits(one).flatMap(([out, off]) => exits(other).map(([into, on]) => {
    const { metres, path } = paths(one.part, out).get(into);
    return { metres: off + metres + on, path };
  }));
  const { path } = all.reduce((best, way) => way.metres < best.metres ? way : best);
  return [...path.map((point) => at(one.part, point)), other];
}
