// keys: what the keyboard does here. Letters act on what is selected, or on the row under the keyboard.
// Exports: Keys() the list of keys, opened by ?, and the listener behind it
import { t } from "../core/i18n.js";
import { html, signal, useEffect, useLayoutEffect, useRef } from "../core/view.js";
import { Press } from "../desk/parts.js";
import { printLists } from "./printing.js";
import { acting, board, chosen, clearSelection, mayLead, selected, view } from "./state.js";

const ACTS = { r: "reassign", p: "priority", h: "hold", u: "unhold" };
const LISTED = [["↑ ↓", "walk"], ["Enter", "open"], ["Space", "select"], ["r", "reassign"],
  ["p", "priority"], ["h", "hold"], ["u", "unhold"], ["a", "all"], ["l", "lists"], ["/", "search"],
  ["Esc", "leave"], ["?", "help"]];
const FIELD = "input:not([type=checkbox]), textarea, select, [contenteditable]";

const isOpen = signal(false);

const isTyping = (target) => target.closest?.(FIELD);

function begin(act) {
  if (view.value !== "floor" || !mayLead()) return;
  const row = document.activeElement?.closest?.("tr[data-ticket]");
  const ticket = board.value.tickets.find(({ id }) => id === row?.dataset.ticket);
  if (selected.value.size === 0 && ticket?.actions.length) selected.value = new Set([ticket.id]);
  if (selected.value.size > 0) acting.value = act;
}

function all() {
  if (view.value !== "floor" || !mayLead()) return;
  const rows = [...document.querySelectorAll("tr[data-ticket]")].map(({ dataset }) => dataset.ticket);
  const ids = board.value.tickets.filter(({ id, actions }) => rows.includes(id) && actions.length > 0);
  selected.value = new Set(ids.map(({ id }) => id));
}

function leave() {
  if (isOpen.value) isOpen.value = false;
  else if (!chosen.value) clearSelection();
}

const DOES = { "?": () => { isOpen.value = !isOpen.value; }, l: printLists, a: all, Escape: leave,
  ...Object.fromEntries(Object.entries(ACTS).map(([key, act]) => [key, () => begin(act)])) };

function heard(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target) || !board.value) return;
  const does = DOES[event.key];
  if (!does) return;
  if (event.key !== "Escape") event.preventDefault();
  does();
}

export function Keys() {
  const box = useRef(null), before = useRef(null);
  useEffect(() => {
    document.addEventListener("keydown", heard);
    return () => document.removeEventListener("keydown", heard);
  }, []);
  useLayoutEffect(() => {
    if (isOpen.value) {
      before.current = document.activeElement;
      box.current?.querySelector("button").focus();
    } else before.current?.focus?.();
  }, [isOpen.value]);
  return html`<${Press} kind="keys-open" aria-expanded=${isOpen.value} aria-keyshortcuts="?"
      onClick=${() => { isOpen.value = !isOpen.value; }}>?<span class="unseen"> ${t("keys.title")}</span><//>
    ${isOpen.value && html`<section class="keys" role="dialog" aria-modal="false"
      aria-label=${t("keys.title")} ref=${box}><h2>${t("keys.title")}</h2><dl>
      ${LISTED.map(([key, name]) => html`<div key=${key}>
        <dt><kbd>${key}</kbd></dt><dd>${t(`keys.${name}`)}</dd></div>`)}</dl>
      <${Press} onClick=${() => { isOpen.value = false; }}>${t("keys.close")}<//></section>`}`;
}
