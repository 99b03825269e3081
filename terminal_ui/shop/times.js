// times: moments as a customer reads them, in the shop's time zone.
// Exports: when(text, beside?) "14:05", "Tue 14:05" on another day than now (or than `beside`);
//   minutesUntil(text)
import { clockTime } from "../core/format.js";
import { locale } from "../core/i18n.js";
import { store } from "./state.js";

const MINUTE_MS = 60_000;

function day(moment, style) {
  return new Intl.DateTimeFormat(locale.value, { ...style, timeZone: store.value.tz }).format(moment);
}

export function when(text, beside = Date.now()) {
  const moment = new Date(text), date = { year: "numeric", month: "numeric", day: "numeric" };
  if (day(moment, date) === day(new Date(beside), date)) return clockTime(text);
  return `${day(moment, { weekday: "short", month: "numeric", day: "numeric" })} ${clockTime(text)}`;
}

export const minutesUntil = (text) => Math.max(0, Math.round((Date.parse(text) - Date.now()) / MINUTE_MS));
