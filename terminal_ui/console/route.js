// route: which page the address means. "#/order/100020" → {page: "order", id: "100020"}
// Exports: route (signal {page, id}), go(path), PAGES (in the order of the tabs)
import { signal } from "../core/view.js";

export const PAGES = ["orders", "cases", "money", "stuck", "stock", "switches", "messages", "figures"];

function read() {
  const [page = "", id = ""] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  return { page: page || PAGES[0], id };
}

export const route = signal(read());
addEventListener("hashchange", () => { route.value = read(); });

export const go = (path) => { location.hash = `#/${path}`; };
