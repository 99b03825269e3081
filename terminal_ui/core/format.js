// format: numbers as people read them, in the language of the screen.
// Exports:
//   quantity(n, unit)     "3" for unit "each"; "850 g" or "1.25 kg" (克, 公斤) for unit "g"
//   clockTime(rfc3339)    "14:05" in the store's time zone
//   countdown(seconds)    "4:05", "-0:30"
//   setTimeZone(name)     IANA name, from the login answer
import { locale } from "./i18n.js";

const WEIGHTS = { en: ["g", "kg"], "zh-CN": ["克", "公斤"] };

let zone;
export function setTimeZone(name) { zone = name; }

export function quantity(n, unit) {
  if (unit !== "g") return String(n);
  const [small, large] = WEIGHTS[locale.value];
  return n >= 1000 ? `${trimmed(n / 1000)} ${large}` : `${n} ${small}`;
}

const trimmed = (n) => n.toLocaleString("en", { maximumFractionDigits: 3, useGrouping: false });

export function clockTime(text) {
  return new Intl.DateTimeFormat(locale.value, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone })
    .format(new Date(text));
}

export function countdown(seconds) {
  const left = Math.abs(seconds);
  return `${seconds < 0 ? "-" : ""}${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}
