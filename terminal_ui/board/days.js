// days: a day and a time of the shop's own clock, wherever the browser stands. Pure.
// Exports:
//   dayOf(instant, zone)           "2026-11-22" of milliseconds or an RFC 3339 text
//   timeOf(instant, zone)          "08:30"
//   instantOf(day, time, zone)     milliseconds of a day's "08:30"; where a clock skips it, an hour later
//   dayAfter(day, n)               the day n days later
const DAY_MS = 86_400_000;

const formats = new Map();
function parts(instant, timeZone) {
  if (!formats.has(timeZone)) {
    formats.set(timeZone, new Intl.DateTimeFormat("sv-SE",
      { timeZone, dateStyle: "short", timeStyle: "medium" }));
  }
  return formats.get(timeZone).format(new Date(instant)).split(" ");
}

export const dayOf = (instant, zone) => parts(instant, zone)[0];
export const timeOf = (instant, zone) => parts(instant, zone)[1].slice(0, 5);
export const dayAfter = (day, n) => new Date(Date.parse(day) + n * DAY_MS).toISOString().slice(0, 10);

const shiftOf = (instant, zone) => Date.parse(`${parts(instant, zone).join("T")}Z`) - instant;

export function instantOf(day, time, zone) {
  const wanted = Date.parse(`${day}T${time}Z`);
  const first = wanted - shiftOf(wanted, zone);
  return wanted - shiftOf(first, zone);
}
