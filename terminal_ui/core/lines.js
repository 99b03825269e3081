// lines: what a scanned or typed code means for the lines of a ticket. Pure.
// Exports:
//   openOf(line)             how much of a packing line is neither packed nor reported
//   matches(line, parsed)    does this code (of parse.js) name the goods of this line
//   amountIn(line, parsed)   how much one scan stands for: pieces, or grams of weighed goods; null when the
//   code of
//                            weighed goods carries no weight
import { gtin14 } from "./parse.js";

export const openOf = (line) => line.quantity - line.packed - line.short;

export function matches(line, parsed) {
  if (parsed.kind === "scale") return parsed.sku === line.sku || (line.scale_item
    && parsed.item === line.scale_item);
  if (parsed.kind === "gtin" || parsed.kind === "gs1") return Boolean(line.gtin)
    && gtin14(line.gtin) === parsed.gtin;
  return parsed.kind === "unknown" && parsed.code === line.sku;
}

export function amountIn(line, parsed) {
  if (!line.weighed) return parsed.count ?? 1;
  if (parsed.kind === "scale") return parsed.unit === "g" ? parsed.value : null;
  return parsed.grams ?? null;
}
