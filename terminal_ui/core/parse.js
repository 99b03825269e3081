// parse: what a scanned or typed code means. Pure; scan-vectors.json holds the cases every parser must agree on.
// Exports:
//   parse(code, scaleRules) → one of
//     {kind: "location" | "tote" | "bag" | "order" | "command" | "badge", code, value}   value: without the prefix
//     {kind: "scale", code, item, sku, unit: "g" | "minor", value}                         in-store scale label
//     {kind: "gtin", code, gtin}                                                           padded to 14 digits
//     {kind: "gs1", code, gtin, lot, expiry, best_before, packed, produced, serial, count, grams, minor}
//     {kind: "unknown", code, reason: "format" | "check_digit" | "empty"}
//   gtin14(code) → padded to 14 digits
// scaleRules: [{regex with named groups item, value, check?; unit; sku_prefix?}], configuration of the store.
// `check` is the GS1 mod-10 digit over everything before it.

const KINDS = { LOC: "location", TOTE: "tote", BAG: "bag", ORD: "order", CMD: "command", BADGE: "badge" };
const PREFIXED = /^(LOC|TOTE|BAG|ORD|CMD|BADGE)-(.+)$/i;
const GROUP_SEPARATOR = "\u001d";
const GS1_SYMBOLOGIES = ["]C1", "]d2", "]Q3", "]e0", "]J1"];

/** The GS1 mod-10 digit that belongs behind these. */
function checkDigit(digits) {
  let sum = 0;
  for (let at = digits.length - 1, weight = 3; at >= 0; at--, weight = 4 - weight) sum += weight * Number(digits[at]);
  return String((10 - (sum % 10)) % 10);
}

export const gtin14 = (code) => code.padStart(14, "0");

const checks = (digits) => checkDigit(digits.slice(0, -1)) === digits.at(-1);
const unknown = (code, reason) => ({ kind: "unknown", code, reason });

export function parse(raw, scaleRules = []) {
  const code = raw.trim();
  if (!code) return unknown(code, "empty");
  const prefixed = PREFIXED.exec(code);
  if (prefixed) {
    const upper = code.toUpperCase();
    return { kind: KINDS[prefixed[1].toUpperCase()], code: upper, value: upper.slice(prefixed[1].length + 1) };
  }
  const symbology = /^\][A-Za-z]\d/.exec(code)?.[0];
  const body = symbology ? code.slice(3) : code;
  if (GS1_SYMBOLOGIES.includes(symbology) || body.includes(GROUP_SEPARATOR)) return elements(code, body);
  return scaleLabel(body, scaleRules) ?? tradeItem(body);
}

function scaleLabel(code, rules) {
  for (const rule of rules) {
    // Configuration is written once for the server's dialect, which spells named groups (?P<item>…).
    const groups = new RegExp(`^(?:${rule.regex.replaceAll("(?P<", "(?<")})$`).exec(code)?.groups;
    if (!groups) continue;
    if (groups.check && !checks(code)) return unknown(code, "check_digit");
    return { kind: "scale", code, item: groups.item, sku: (rule.sku_prefix ?? "") + groups.item, unit: rule.unit,
      value: Number(groups.value) };
  }
  return null;
}

function tradeItem(code) {
  if (!/^\d+$/.test(code) || ![8, 12, 13, 14].includes(code.length)) return unknown(code, "format");
  return checks(code) ? { kind: "gtin", code, gtin: gtin14(code) } : unknown(code, "check_digit");
}

// Application identifier → [field, fixed length or null when it runs to the group separator, longest].
const IDENTIFIERS = { "01": ["gtin", 14], 10: ["lot", null, 20], 11: ["produced", 6], 13: ["packed", 6],
  15: ["best_before", 6], 17: ["expiry", 6], 21: ["serial", null, 20], 30: ["count", null, 8], 37: ["count", null, 8] };

function identifier(rest) {
  const scaled = /^(310|392)([0-5])/.exec(rest);
  if (scaled) {
    const field = scaled[1] === "310" ? ["grams", 6] : ["minor", null, 15];
    return { length: 4, decimals: Number(scaled[2]), field };
  }
  const field = IDENTIFIERS[rest.slice(0, 2)];
  return field && { length: 2, decimals: 0, field };
}

function elements(code, body) {
  const found = { kind: "gs1", code };
  let rest = body;
  while (rest) {
    if (rest[0] === GROUP_SEPARATOR) { rest = rest.slice(1); continue; }
    const next = identifier(rest);
    if (!next) return unknown(code, "format");
    const [name, fixed, longest] = next.field;
    rest = rest.slice(next.length);
    const end = fixed ?? (rest.indexOf(GROUP_SEPARATOR) < 0 ? rest.length : rest.indexOf(GROUP_SEPARATOR));
    const value = meaning(name, rest.slice(0, end), next.decimals);
    if (rest.length < end || end === 0 || end > (fixed ?? longest) || value === null) return unknown(code, "format");
    if (name === "gtin" && !checks(value)) return unknown(code, "check_digit");
    found[name] = value;
    rest = rest.slice(end);
  }
  return found;
}

function meaning(name, text, decimals) {
  if (name === "lot" || name === "serial") return text;
  if (!/^\d+$/.test(text)) return null;
  if (name === "gtin") return text;
  if (name === "count") return Number(text);
  if (name === "grams") return Math.round(Number(text) * 10 ** (3 - decimals));
  if (name === "minor") return Math.round(Number(text) * 10 ** (2 - decimals));
  return calendarDate(text);
}

// YYMMDD. Goods on a shelf carry no date of the last century; day 00 means the month's last day.
function calendarDate(text) {
  const [year, month, day] = [2000 + Number(text.slice(0, 2)), Number(text.slice(2, 4)), Number(text.slice(4, 6))];
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (text.length !== 6 || month < 1 || month > 12 || day > last) return null;
  return `${year}-${text.slice(2, 4)}-${String(day || last).padStart(2, "0")}`;
}
