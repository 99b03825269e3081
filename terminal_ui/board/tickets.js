// tickets: the table of live work, late first, with what is selected and where the keyboard is.
// Exports: Tickets()
//   data-ticket on a row names its ticket; keys.js finds the row under the keyboard by it
import { clockTime } from "../core/format.js";
import { t } from "../core/i18n.js";
import { html, useLayoutEffect, useRef } from "../core/view.js";
import { Panel } from "../desk/parts.js";
import { Slack, slackMinutes, workOf } from "./parts.js";
import { board, chosen, floorNow, mayLead, open, personName, selected, stage, toggle } from "./state.js";

const COLUMNS = ["order", "stage", "zone", "due", "lines", "who"];

function Who({ ticket, name }) {
  if (ticket.carrier) return t(`carrier.${ticket.carrier}`);
  if (!ticket.assignee) return html`<span class=${ticket.unassigned ? "slack late" : "quiet"}>
    ${t(ticket.unassigned ? "who.nobody" : `state.${ticket.state}`)}</span>`;
  const contact = ticket.holder_contact;
  return html`${name}${contact && contact !== "here" && html` <span class="slack risk">
    ${t(`contact.${contact}`)}</span>`}`;
}

/** Nothing here hears of a fresh snapshot by itself: a row is drawn anew when what it shows has changed. */
function Row({ ticket, isChosen, isSelected, isWarned, isLead, name }) {
  return html`<tr class=${ticket.late ? "late" : ticket.at_risk ? "risk" : ""} data-ticket=${ticket.id}>
    <th scope="row">${isLead && html`<label class="pick"><input type="checkbox" checked=${isSelected}
        tabindex="-1" disabled=${ticket.actions.length === 0} onChange=${() => toggle(ticket.id)} />
        <span class="unseen">${t("row.select", { order: ticket.short_no })}</span></label>`}
      <button type="button" class="row-open" aria-expanded=${isChosen}
      onClick=${() => open(ticket)}>${ticket.short_no}<span class="unseen"> ${t("row.open")}</span></button>
      ${ticket.priority > 0 && html` <span class="tag">${t("row.priority", { n: ticket.priority })}</span>`}
      ${ticket.holds.length > 0 && html` <span class="tag held">${t("row.held")}</span>`}
      ${isWarned && html` <span class="tag held">${t("row.warned")}</span>`}</th>
    <td data-label=${t("col.stage")}>${workOf(ticket)}</td>
    <td data-label=${t("col.zone")}>${t(`zone.${ticket.zone}`)}</td>
    <td data-label=${t("col.due")}><${Slack} ticket=${ticket} /> <span class="quiet predicted">
      ${t("row.predicted", { at: clockTime(ticket.predicted_at) })}</span></td>
    <td data-label=${t("col.lines")} class="number">${ticket.line_count}</td>
    <td data-label=${t("col.who")}><${Who} ticket=${ticket} name=${name} /></td></tr>`;
}

/** The rows of these tickets; of one that looks as before the same row, so that 500 cost what changed. */
function useRows(tickets) {
  const drawn = useRef(new Map()), fresh = new Map(), isLead = mayLead();
  const warned = new Set(floorNow.value.warnings.flatMap(({ lines }) => lines.map((line) => line.ticket_id)));
  const rows = tickets.map((ticket) => {
    const shows = { isChosen: chosen.value?.ticketId === ticket.id, isSelected: selected.value.has(ticket.id),
      isWarned: warned.has(ticket.id), isLead, name: ticket.assignee && personName(ticket.assignee) };
    const looks = JSON.stringify([{ ...ticket, slack_seconds: slackMinutes(ticket) }, shows]);
    const before = drawn.current.get(ticket.id);
    const row = before?.looks === looks ? before.row : html`<${Row} key=${ticket.id} ticket=${ticket}
      ...${shows} />`;
    fresh.set(ticket.id, { looks, row });
    return row;
  });
  drawn.current = fresh;
  return rows;
}

/** Arrow keys walk the table as a list; space selects. */
function walk(event) {
  if (!event.target.matches(".row-open")) return;
  const rows = [...event.currentTarget.querySelectorAll(".row-open")], at = rows.indexOf(event.target);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    rows[to]?.focus();
  } else if (event.key === " " && mayLead()) {
    event.preventDefault();
    toggle(event.target.closest("tr").dataset.ticket);
  }
}

/** A row that moves or ends takes the focus with it: give it back to the row, or to who stands there now. */
function useKeptFocus(table) {
  const last = useRef(null);
  const note = (element) => {
    const row = element.closest("tr[data-ticket]");
    if (row) last.current = { id: row.dataset.ticket, at: row.sectionRowIndex };
  };
  useLayoutEffect(() => {
    note(document.activeElement);
    if (!last.current || document.activeElement !== document.body) return;
    const rows = [...table.current?.querySelectorAll(".row-open") ?? []];
    const same = rows.find((row) => row.closest("tr").dataset.ticket === last.current.id);
    (same ?? rows[Math.min(last.current.at, rows.length - 1)])?.focus({ preventScroll: true });
  });
  return {
    onFocusIn: (event) => note(event.target),
    // Whoever goes elsewhere by themselves is not called back; a row that vanishes tells of no target either.
    onFocusOut: (event) => { if (event.relatedTarget) last.current = null; },
  };
}

export function Tickets() {
  const table = useRef(null), kept = useKeptFocus(table);
  const shown = board.value.tickets.filter((one) => !stage.value || one.stage === stage.value);
  const rows = useRows(shown);
  return html`<${Panel} title=${t("tickets.title")} count=${shown.length}>
    ${shown.length === 0 ? html`<p class="quiet">${t("tickets.none")}</p>` : html`<div class="scroll"
      tabindex="0"
      role="region" aria-label=${t("tickets.title")}><table class="tickets" ref=${table} onKeyDown=${walk}
        ...${kept}>
      <thead><tr>${COLUMNS.map((name) => html`<th scope="col" key=${name}>${t(`col.${name}`)}</th>`)}</tr>
        </thead>
      <tbody>${rows}</tbody></table>
        </div>`}<//>`;
}
