// main: the frame of the board: enrolled? → logged in? → may see it? → one of its views, with the drawer
//   beside.
import { device, session } from "../core/api.js";
import { clockTime } from "../core/format.js";
import { loadDictionaries, say, t } from "../core/i18n.js";
import { effect, html, render } from "../core/view.js";
import { Press } from "../desk/parts.js";
import { useHeightAs } from "./parts.js";
import { followSession } from "../desk/following.js";
import { Enrol, Forbidden, Languages, Login, logOut } from "../desk/gate.js";
import { Drawer } from "./drawer.js";
import { Decide } from "./exceptions.js";
import { Figures } from "./figures.js";
import { Floor } from "./floor.js";
import { Keys } from "./keys.js";
import { Opening } from "./opening.js";
import { People } from "./people.js";
import { Plan } from "./plan.js";
import { printLists } from "./printing.js";
import { Roster } from "./roster.js";
import { Search } from "./search.js";
import { Throttle } from "./throttle.js";
import { board, chosen, floorNow, follow, held, mayLead, maySee, notice, stale, view } from "./state.js";

const VIEWS = { floor: Floor, decide: Decide, plan: Plan, figures: Figures, roster: Roster,
  people: People };

const waiting = () => (board.value?.exceptions.length ?? 0) + held.value.length
  + floorNow.value.warnings.length;

function Tab({ name, count = 0 }) {
  return html`<button type="button" class="tab" aria-current=${view.value === name ? "page" : undefined}
    onClick=${() => { view.value = name; chosen.value = null; }}>${t(`tab.${name}`)}
    ${count > 0 && html` <span class="count">${count}</span>`}</button>`;
}

function Freshness() {
  if (stale.value) return html`<span class="fresh stale" role="status"><i aria-hidden="true">
    </i>${t("fresh.stale")}</span>`;
  return html`<span class="fresh"><i aria-hidden="true"></i>${board.value && t("fresh.at",
    { at: clockTime(board.value.at) })}</span>`;
}

function Board() {
  const View = VIEWS[view.value], head = useHeightAs("--head");
  const { store, person } = session.value;
  return html`<header class="head" ref=${head}><span class="logo" aria-hidden="true">福</span>
      <div class="head-shop"><h1 title=${say(store.name)}>${say(store.name)}</h1><${Freshness} /></div><${Opening} />
      <${Throttle} />
      <nav class="tabs" aria-label=${t("tabs")}><${Tab} name="floor" />
        <${Tab} name="decide" count=${waiting()} /><${Tab} name="plan" /><${Tab} name="figures" />
        ${mayLead() && html`<${Tab} name="roster" /><${Tab} name="people" />`}</nav>
      <${Search} /><${Keys} />
      <${Press} onClick=${printLists} aria-keyshortcuts="l" aria-label=${t("lists.print")}
        title=${t("lists.print")}>${t("lists.short")}<//>
      <a class="press" href="/console">${t("console")}</a><${Languages} />
      <${Press} onClick=${logOut}>${t("logout")}<span class="who"> ·
        ${" "}${say(person.names ?? person.name)}</span><//></header>
    <div class="body ${chosen.value ? "with-drawer" : ""}"><main>
      ${notice.value && html`<p class="refusal" role="alert">${notice.value}</p>`}
      ${board.value ? html`<${View} />` : html`<p class="quiet" role="status">${t("loading")}</p>`}</main>
      ${chosen.value && board.value && html`<${Drawer} />`}</div>`;
}

function Page() {
  if (!device.value) return html`<${Enrol} />`;
  if (!session.value) return html`<${Login} />`;
  return maySee() ? html`<${Board} />` : html`<${Forbidden} />`;
}

await loadDictionaries(["core", "desk", "board"]);
effect(() => { document.title = t("title"); });
render(html`<${Page} />`, document.getElementById("app"));

followSession(() => {
  view.value = "floor";
  return maySee() ? follow() : null;
});
