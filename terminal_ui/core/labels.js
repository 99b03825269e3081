// labels: every new label prints by itself, once on this station.
// Exports:
//   followLabels(wanted)   prints what `wanted()` gives from now on: [{code, label: the address of its page}]
//   printLabel({code, label})   prints one (again)
import { device, session } from "./api.js";
import { tell } from "./feedback.js";
import { t } from "./i18n.js";
import { printPage } from "./printing.js";
import { effect } from "./view.js";

const PRINTED = "fulfil.labels";
const REMEMBERED_MAX = 300;
const printed = new Set(JSON.parse(localStorage.getItem(PRINTED) ?? "[]"));
let tail = Promise.resolve();

function remember(code) {
  printed.add(code);
  localStorage.setItem(PRINTED, JSON.stringify([...printed].slice(-REMEMBERED_MAX)));
}

async function fetchLabel({ code, label }) {
  const headers = { Authorization: `Bearer ${session.peek().token}`, Accept: "text/html" };
  if (device.peek()) headers["X-Device-Key"] = device.peek().key;
  const answer = await fetch(label, { headers });
  if (!answer.ok) throw new Error(`label ${code}: ${answer.status}`);
  return answer.text();
}

async function print(bag) {
  try {
    const page = await fetchLabel(bag);
    remember(bag.code);
    await printPage(page, t("label.frame"));
  } catch (error) {
    tell("unknown", bag.code, t("label.failed"));
    reportError(error);
  }
}

/** One label after the other: two print dialogs at once would lose one. */
export function printLabel(bag) {
  tail = tail.then(() => print(bag));
  return tail;
}

export function followLabels(wanted) {
  const asked = new Set();
  effect(() => {
    for (const one of wanted()) {
      if (printed.has(one.code) || asked.has(one.code)) continue;
      asked.add(one.code);
      printLabel(one);
    }
  });
}
