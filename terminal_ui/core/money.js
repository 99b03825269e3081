// money: integer minor units → text. Exports: money(minor, currency) "¥12.90".
import { locale } from "./i18n.js";

export function money(minor, currency) {
  const style = new Intl.NumberFormat(locale.value, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  return style.format(minor / 10 ** style.resolvedOptions().maximumFractionDigits);
}
