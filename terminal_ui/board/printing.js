// printing: pick lists on paper, for the day on which everything else is down. Exports: printLists()
import { t } from "../core/i18n.js";
import { printPage } from "../core/printing.js";
import { attempt } from "../desk/parts.js";
import { fetchText } from "../desk/fetching.js";
import { notice, storeId } from "./state.js";

export async function printLists() {
  notice.value = "";
  const isDone = await attempt(async () => printPage(
    await fetchText(`/stores/${storeId()}/pick-lists`, "text/html"), t("lists.title")));
  if (!isDone) notice.value = t("lists.failed");
}
