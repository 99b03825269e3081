// printing: pick lists on paper, for the day on which everything else is down. Exports: printLists()
import { t } from "../core/i18n.js";
import { attempt } from "../desk/parts.js";
import { fetchText } from "../desk/fetching.js";
import { notice, storeId } from "./state.js";

/** The page is printed from a hidden frame: it needs this person's token, which no address carries. */
async function framed(text) {
  const frame = document.createElement("iframe");
  frame.className = "print-frame";
  frame.title = t("lists.title");
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  frame.srcdoc = text;
  document.body.append(frame);
  await loaded;
  return frame;
}

export async function printLists() {
  notice.value = "";
  const isDone = await attempt(async () => {
    const frame = await framed(await fetchText(`/stores/${storeId()}/pick-lists`, "text/html"));
    frame.contentWindow.addEventListener("afterprint", () => frame.remove(), { once: true });
    frame.contentWindow.print();
  });
  if (!isDone) notice.value = t("lists.failed");
}
