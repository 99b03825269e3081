// main: the frame of the console: enrolled? → logged in? → may see it? → the page that the address
//   names.
import { device, session } from "../core/api.js";
import { loadDictionaries, say, t } from "../core/i18n.js";
import { effect, html, render, useEffect, useRef } from "../core/view.js";
import { followSession } from "../desk/following.js";
import { Enrol, Forbidden, Languages, Login, logOut } from "../desk/gate.js";
import { Press, refusal } from "../desk/parts.js";
import { Cases } from "./cases.js";
import { Figures } from "./figures.js";
import { Messages } from "./messages.js";
import { MoneyBack } from "./money.js";
import { Order } from "./order.js";
import { PAGES, go, route } from "./route.js";
import { Orders } from "./search.js";
import { follow, maySee, said, stale } from "./state.js";
import { Goods } from "./stock.js";
import { Stuck } from "./stuck.js";
import { Switches } from "./switches.js";

const VIEWS = { orders: Orders, order: Order, cases: Cases, money: MoneyBack, stuck: Stuck, stock: Goods,
  switches: Switches, messages: Messages, figures: Figures };
const TAB_OF = { order: "orders" };

function Tabs({ page }) {
  const current = TAB_OF[page] ?? page;
  return html`<nav class="tabs" aria-label=${t("tabs")}>${PAGES.map((name) => html`<a class="tab"
    key=${name} href=${`#/${name}`} aria-current=${current === name ? "page" : undefined}>
    ${t(`tab.${name}`)}</a>`)}</nav>`;
}

function Console() {
  const { page, id } = route.value, main = useRef(null);
  const View = VIEWS[page] ?? Orders;
  // Another page begins at its top, for eyes and for the keyboard.
  useEffect(() => { said.value = refusal.value = ""; scrollTo(0, 0); }, [page, id]);
  const { store, person } = session.value;
  return html`<header class="head"><span class="logo" aria-hidden="true">福</span>
      <div class="head-shop"><h1>${t("title")}</h1><span class="fresh ${stale.value ? "stale" : ""}"
        role="status"><i aria-hidden="true"></i>${stale.value ? t("stale") : say(store.name)}</span></div>
      <${Tabs} page=${page} /><a class="press" href="/board">${t("board")}</a><${Languages} />
      <${Press} onClick=${logOut}>${t("logout")}<span class="who"> ·
        ${" "}${say(person.names ?? person.name)}</span><//></header>
    <div class="body"><main ref=${main}><p class="said ${said.value ? "" : "unseen"}"
      role="status" tabindex="-1">${said.value}</p><${View} id=${id} /></main></div>`;
}

/** A slash leads to the search from everywhere. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input, textarea, select") || !maySee()) return;
  event.preventDefault();
  go("orders");
});

function Page() {
  if (!device.value) return html`<${Enrol} />`;
  if (!session.value) return html`<${Login} />`;
  return maySee() ? html`<${Console} />` : html`<${Forbidden} />`;
}

await loadDictionaries(["core", "desk", "console"]);
effect(() => { document.title = t("title"); });
render(html`<${Page} />`, document.getElementById("app"));

followSession(() => maySee() ? follow() : null);
