// bulk: one act on all tickets that are selected. Exports: Bulk()
import { call } from "../core/api.js";
import { say, t } from "../core/i18n.js";
import { html, signal, useLayoutEffect, useSignal } from "../core/view.js";
import { Press, Refusal, Text, known } from "../desk/parts.js";
import { useHeightAs } from "./parts.js";
import { ROLE_OF, acting, attempt, board, clearSelection, mayLead, pickedTickets } from "./state.js";

const ACTS = ["reassign", "priority", "hold", "unhold"];
const PRIORITIES = [0, 3, 6, 9];
const AT_ONCE = 100;

const NOTHING = { words: "", refused: [] };
const outcome = signal(NOTHING);

/** What came of it, said once: how many, and which were refused, why. */
function tell(results, orders) {
  const refused = results.filter(({ code }) => code).map(({ id, code, message }) =>
    ({ id, order: orders.get(id), why: known(`refused.${code}`, message) }));
  outcome.value = { refused, words: [t("bulk.done", { n: results.length - refused.length }),
    refused.length > 0 && t("bulk.refused", { n: refused.length })].filter(Boolean).join(" ") };
}

async function act(body) {
  const orders = new Map(pickedTickets.value.map((one) => [one.id, one.short_no])), ids = [...orders.keys()];
  outcome.value = NOTHING;
  const isDone = await attempt(async () => {
    const results = [];
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const tickets = ids.slice(at, at + AT_ONCE);
      results.push(...(await call("POST", "/dispatch/tickets/acts", { tickets, ...body })).results);
    }
    tell(results, orders);
  });
  if (isDone) leave();
}

/** Back to the row from which it began. */
function leave() {
  const first = pickedTickets.value[0]?.id;
  acting.value = "";
  document.querySelector(`[data-ticket="${first}"] .row-open`)?.focus();
}

function clear() {
  outcome.value = NOTHING;
  clearSelection();
}

function Reassign() {
  const to = useSignal(""), sure = useSignal(false), tickets = pickedTickets.value;
  const inHand = tickets.filter(({ state }) => ["accepted", "working"].includes(state)).length;
  const able = board.value.people.filter((person) => person.shift === "available" && person.contact === "here"
    && tickets.every((one) => person.roles.some((role) => ROLE_OF[one.stage].includes(role))));
  const go = (event) => {
    event.preventDefault();
    if (inHand > 0 && !sure.value) sure.value = true;
    else act({ act: "reassign", person_id: to.value || null, confirm: sure.value });
  };
  return html`<form class="together wrap" onSubmit=${go}><select aria-label=${t("reassign.to")}
      onChange=${(event) => { to.value = event.currentTarget.value; }}>
      <option value="">${t("reassign.plan")}</option>${able.map((person) => html`<option key=${person.id}
        value=${person.id}>${say(person.names)}</option>`)}</select>
    ${sure.value && html`<p role="alert">${t("bulk.in_hand", { n: inHand })}</p>`}
    <button type="submit" class="press ${sure.value ? "danger" : "strong"}">
      ${t(sure.value ? "reassign.take" : "reassign.go")}</button></form>`;
}

const Priority = () => html`<div class="together wrap">${PRIORITIES.map((value) => html`<${Press} key=${value}
  onClick=${() => act({ act: "priority", priority: value })}>${t(`priority.${value}`)}<//>`)}</div>`;

function Hold() {
  const reason = useSignal("");
  return html`<form class="together wrap" onSubmit=${(event) => {
    event.preventDefault();
    act({ act: "hold", reason: reason.value.trim() });
  }}><${Text} label=${t("hold.reason")} value=${reason} name="bulk-reason" maxlength="200" required />
    <button type="submit" class="press strong">${t("bulk.hold")}</button></form>`;
}

const Unhold = () => html`<${Press} kind="strong" onClick=${() => act({ act: "unhold" })}>
  ${t("bulk.unhold_go")}<//>`;

const FORMS = { reassign: Reassign, priority: Priority, hold: Hold, unhold: Unhold };

export function Bulk() {
  const box = useHeightAs("--bulk"), many = pickedTickets.value.length;
  useLayoutEffect(() => {
    if (acting.value) box.current?.querySelector(".bulk-form :is(select, input, button)")?.focus();
  }, [acting.value]);
  if (!mayLead()) return null;
  const Form = FORMS[acting.value];
  return html`<section class="bulk ${many ? "open" : ""}" aria-label=${t("bulk.title")} ref=${box}
      onKeyDown=${(event) => {
        if (event.key !== "Escape" || !acting.value) return;
        event.stopPropagation();
        leave();
      }}>
    <p role="status">${[many > 0 && t("bulk.selected", { n: many }), outcome.value.words]
      .filter(Boolean).join(" · ")}</p>
    ${outcome.value.refused.length > 0 && html`<ul class="bulk-refused"
      tabindex="0" aria-label=${t("bulk.why")}>${outcome.value.refused.map((one) =>
      html`<li key=${one.id}>${t("bulk.refused_one", one)}</li>`)}</ul>`}
    ${many > 0 && html`<div class="together wrap">${ACTS.map((name) => html`<${Press} key=${name}
        aria-expanded=${acting.value === name} aria-keyshortcuts=${name[0]} onClick=${() => {
          acting.value = acting.value === name ? "" : name;
        }}>${t(`bulk.${name}`)}<//>`)}
      <${Press} onClick=${clear}>${t("bulk.clear")}<//></div>
      ${Form && html`<div class="bulk-form"><${Form} key=${acting.value} /></div>`}
      <${Refusal} />`}</section>`;
}
