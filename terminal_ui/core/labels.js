// labels: every new label prints by itself, once on this station.
// Exports:
//   followLabels(wanted)   prints what `wanted()` gives from now on: [{code, label: the address of its page}]
//   printLabel({code, label})   prints one (again)
// The label is a page of its own that needs the person's token, so it is fetched and printed from a hidden
// frame.
import { device, session } from "./api.js";
import { tell } from "./feedback.js";
import { t } from "./i18n.js";
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

/** A hidden frame with the label's page; its style sheet is linked, as the page's policy wants it. */
async function framed(text) {
  const frame = document.createElement("iframe");
  frame.className = "label-frame";
  frame.title = t("label.frame");
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  frame.srcdoc = text;
  document.body.append(frame);
  await loaded;
  return frame;
}

async function print(bag) {
  try {
    const frame = await framed(await fetchLabel(bag));
    remember(bag.code);
    frame.contentWindow.addEventListener("afterprint", () => frame.remove(), { once: true });
    frame.contentWindow.print();
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
