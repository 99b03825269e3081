// exceptions: what somebody must decide or look at, and goods that lack elsewhere.
// Exports: Exceptions(), Warnings(), Decide() (both, as a page of their own), worstFirst(exceptions)
import { call, session } from "../core/api.js";
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { money } from "../core/money.js";
import { html, useSignal } from "../core/view.js";
import { Panel, Press, Refusal, Text, age } from "../desk/parts.js";
import { attempt, board, floorNow, held, lookAtHeld, open, personName } from "./state.js";

const CURRENCY = /^[A-Z]{3}$/;
const LATE_AT_ONCE = 5;
const MAY_RESOLVE = ["operator", "admin"];

function exceptionText(one) {
  const order = one.order_no?.slice(-4);
  const args = { ...one, order, person: personName(one.person), n: one.tried ?? one.quantity };
  if (one.kind === "held") args.reason = one.holds.map(({ reason }) => reason).join(", ");
  if (one.kind === "shortage_undecided") args.quantity = quantity(one.quantity, "each");
  return t(`exception.${one.kind}`, args);
}

function heldText(one) {
  const isMoney = one.amount != null && CURRENCY.test(one.currency ?? "");
  return t(`exception.${one.kind}`, { ...one, order: one.order_no?.slice(-4) ?? "", age: age(one.age_seconds),
    amount: isMoney ? money(one.amount, one.currency) : one.amount ?? "?", why: t(`held.${one.reason}`),
    reason: one.said ? say(one.said) : one.reason });
}

/** Whoever has looked into a held payment says what came of it; then it leaves the list. */
function Resolve({ notice }) {
  const note = useSignal(""), isOpen = useSignal(false);
  const resolve = (event) => {
    event.preventDefault();
    return attempt(async () => {
      await call("POST", `/payments/notices/${notice.id}/resolve`, { note: note.value.trim() });
      await lookAtHeld();
    });
  };
  if (!isOpen.value) return html`<${Press} kind="small" onClick=${() => { isOpen.value = true; }}>
    ${t("notice.resolve")}<//>`;
  return html`<form class="together" onSubmit=${resolve}><${Text} label=${t("notice.note")} value=${note}
    name="note" maxlength="500" required /><button type="submit" class="press">${t("notice.go")}</button>
    </form><${Refusal} />`;
}

/** A task that gave up gets another life; the server writes down who gave it. */
function Retry({ task }) {
  const isTried = useSignal(false);
  const retry = () => {
    isTried.value = true;
    return attempt(async () => {
      await call("POST", `/tasks/${task.id}/retry`);
      await lookAtHeld();
    });
  };
  return html`<${Press} kind="small" onClick=${retry}>${t("task.retry")}<//>
    ${isTried.value && html`<${Refusal} />`}`;
}

/** Late orders come in dozens: they stand after what needs an answer, and only the worst stand there at once. */
export function worstFirst(exceptions) {
  const isLate = ({ kind }) => kind === "predicted_late";
  const late = exceptions.filter(isLate).sort((one, other) => other.minutes - one.minutes);
  const fits = late.length > LATE_AT_ONCE + 1 ? LATE_AT_ONCE : late.length;
  return { first: [...exceptions.filter((one) => !isLate(one)), ...late.slice(0, fits)], more: late.slice(fits) };
}

function Exception({ one }) {
  const ticket = board.value.tickets.find(({ id }) => id === one.ticket_id);
  return html`<li class=${one.kind}><span>${exceptionText(one)}</span>${ticket && html`<button type="button"
    class="press small" onClick=${() => open(ticket)}>${t("exceptions.look")}</button>`}</li>`;
}

export function Exceptions() {
  const { exceptions } = board.value, count = exceptions.length + held.value.length;
  const { first, more } = worstFirst(exceptions), showsAll = useSignal(false);
  const mayResolve = session.value.roles.some((role) => MAY_RESOLVE.includes(role));
  // What belongs to no shop is an administrator's to try again.
  const mayRetry = (task) => session.value.roles.includes("admin")
    || (task.store_id && session.value.roles.includes("supervisor"));
  return html`<${Panel} title=${t("exceptions.title")} count=${count}>
    ${count === 0 ? html`<p class="quiet">${t("exceptions.none")}</p>` : html`<ul
      class="exceptions">
      ${held.value.map((one) => html`<li key=${one.kind + one.id} class=${one.kind}><span>
        ${heldText(one)}${one.said && html` <small class="quiet">${one.reason}</small>`}</span>${one.kind === "payment_notice" && mayResolve
          && html`<${Resolve} notice=${one} />`}${one.kind === "dead_task" && mayRetry(one)
          && html`<${Retry} task=${one} />`}</li>`)}
      ${(showsAll.value ? [...first, ...more] : first).map((one, n) => html`<${Exception} key=${n} one=${one} />`)}
      </ul>`}
    ${more.length > 0 && html`<${Press} kind="small" aria-expanded=${showsAll.value}
      onClick=${() => { showsAll.value = !showsAll.value; }}>${t(showsAll.value ? "exceptions.fewer"
        : "exceptions.more", { n: more.length })}<//>`}<//>`;
}

/** Somebody missed these goods for another order: whoever still wants them should look before walking. */
export function Warnings() {
  const { warnings } = floorNow.value, { tickets } = board.value;
  if (warnings.length === 0) return null;
  return html`<${Panel} title=${t("warnings.title")} count=${warnings.length}>
    <p class="quiet">${t("warnings.lead")}</p><ul class="lacking">
    ${warnings.map((one) => html`<li key=${one.sku} class="warned"><span>${say(one.names)}
        <span class="quiet"> ${one.lines[0].location}</span></span>
      <span class="together wrap">${one.lines.map((line) => {
        const ticket = tickets.find(({ id }) => id === line.ticket_id);
        return ticket && html`<button type="button" class="press small" key=${line.ticket_id + line.line_no}
          onClick=${() => open(ticket)}>${t("warnings.order", { order: ticket.short_no })}</button>`;
      })}</span></li>`)}</ul><//>`;
}

export const Decide = () => html`<${Exceptions} /><${Warnings} />`;
