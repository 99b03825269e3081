// cases: what waits for a decision, looked at and decided. Exports: Cases({id?})
import { call } from "../core/api.js";
import { now } from "../core/clock.js";
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { money } from "../core/money.js";
import { html, useLayoutEffect, useRef, useSignal } from "../core/view.js";
import { Panel, Press, Refusal, Text, age, busy, known, refusal } from "../desk/parts.js";
import { CaseMoney, reasonOf } from "./case.js";
import { Choice, Loaded, More, Sure, when } from "./parts.js";
import { Photo } from "./photo.js";
import { act, has, nameOf, storeId, useAnswer, useNames, usePages } from "./state.js";

const SHOWN = ["waiting", "open", "refunding", "closed", "refused"];
const DECISIONS = ["approve", "approve_part", "refuse"];
const CALL_OFF = ["pay_unseen", "refuse_return"];

function Line({ line, part, currency }) {
  const change = (event) => { part.value = { ...part.value, [line.line_no]: event.currentTarget.value }; };
  return html`<li><b>${say(line.names)}</b> ${quantity(line.quantity, line.unit)} ·
    ${" "}${t(`complaint.${line.reason}`)} · ${t(`wants.${line.wants}`)}
    · <b>${money(line.worth, currency)}</b>
    ${line.left < line.quantity && html` <span class="tag held">${t("case.left",
      { n: quantity(line.left, line.unit) })}</span>`}
    ${line.approved != null && html` · ${t("case.granted", { n: quantity(line.approved, line.unit) })}`}
    ${part && html`<label class="field part"><span>${t("case.part_of",
      { unit: t(`unit.${line.unit}`) })}</span>
      <input name=${`part-${line.line_no}`} type="number" inputmode="numeric" min="0" max=${line.quantity}
        value=${part.value[line.line_no] ?? line.quantity} onInput=${change} /></label>`}</li>`;
}

/** What is decided about, and until when. */
function Stake({ one }) {
  const amount = (minor) => money(minor, one.currency);
  const asked = one.lines.reduce((sum, { worth }) => sum + worth, 0);
  return html`<p><b>${t("case.asked", { amount: amount(asked) })}</b> ·
    ${" "}${t("case.limit", { amount: amount(one.limit) })}
    ${one.granted_at && html` · ${t("case.granted_at", { at: when(one.granted_at) })}`}</p>`;
}

/** All, a part, or nothing; who says no says why. */
function Decide({ one, chosen, part }) {
  const note = useSignal(""), box = useRef(null);
  // A part is said first, above the words to the customer.
  useLayoutEffect(() => {
    const first = chosen.value === "approve_part" ? box.current?.closest(".whole") : box.current;
    first?.querySelector("input")?.focus();
  }, [chosen.value]);
  const decide = async (event) => {
    event.preventDefault();
    const lines = chosen.value === "approve_part" ? one.lines.map(({ line_no: no, quantity: asked }) =>
      ({ line_no: no, quantity: Number(part.value[no] ?? asked) })) : [];
    if (await act(() => call("POST", `/aftersales/${one.case_id}/decision`, { decision: chosen.value, lines,
      note: note.value.trim() }), t(`decided.${chosen.value}`))) chosen.value = "";
  };
  const leave = () => { chosen.value = ""; refusal.value = ""; };
  const offered = DECISIONS.filter((name) => one.actions.includes(name));
  if (offered.length === 0) return html`<p class="quiet">${t("act.not_yours")}</p>`;
  if (!chosen.value) return html`<div class="together wrap">${offered.map((name) => html`<${Press}
    key=${name} kind=${name === "refuse" ? "danger" : ""} onClick=${() => { refusal.value = "";
      chosen.value = name; }}>${t(`decide.${name}`)}<//>`)}</div>`;
  return html`<form class="sure" ref=${box} onSubmit=${decide}
      onKeyDown=${(event) => { if (event.key === "Escape") leave(); }}>
    <p>${t(`decide.${chosen.value}_sure`)}</p>
    <${Text} label=${t(chosen.value === "approve" ? "decide.note" : "decide.why")} value=${note} name="note"
      maxlength="500" autocomplete="off" required=${chosen.value !== "approve"} /><${Refusal} />
    <div class="together wrap"><${Press} onClick=${leave}>${t("sure.leave")}<//>
      <button type="submit" class="press ${chosen.value === "refuse" ? "danger" : "strong"}"
        disabled=${busy.value}>${t(`decide.${chosen.value}`)}</button></div></form>`;
}

/** Nobody fetches the goods: their money goes without them, or not at all. */
function CallOff({ one }) {
  const end = (refund) => (reason) => act(() => call("POST", `/aftersales/${one.case_id}/return/cancel`,
    { reason, refund }), t(refund ? "calloff.paid" : "calloff.refused"));
  const may = (name) => one.actions.includes(name), isHere = one.lines.some((line) => line.returned > 0);
  if (!CALL_OFF.some(may)) {
    return html`<p class="quiet">${t(has("operator", "supervisor") ? "calloff.inspect_first"
      : "act.not_yours")}</p>`;
  }
  return html`<div class="together wrap">${may("pay_unseen") && html`<${Sure} label=${t("calloff.pay")}
      note=${t("note.reason")} text=${t(isHere ? "calloff.pay_here" : "calloff.pay_sure")}
      onGo=${end(true)} />`}
    ${may("refuse_return") && html`<${Sure} label=${t("calloff.refuse")} kind="danger" note=${t("note.reason")}
      text=${t("calloff.refuse_sure")} onGo=${end(false)} />`}</div>`;
}

function Whole({ id }) {
  const asked = useAnswer(`/aftersales/cases/${id}`), chosen = useSignal(""), part = useSignal({});
  return html`<${Loaded} of=${asked}>${(one) => html`<div class="whole">
    ${one.lines.length > 0 && html`<ul class="plain">${one.lines.map((line) => html`<${Line}
      key=${line.line_no} line=${line} currency=${one.currency}
      part=${chosen.value === "approve_part" ? part : null} />`)}</ul>`}
    ${one.state === "audit" && html`<${Stake} one=${one} />`}
    ${one.photos.length > 0 && html`<div class="photos">${one.photos.map((photo, n) => html`<${Photo}
      key=${photo} id=${photo} n=${n + 1} />`)}</div>`}
    <${CaseMoney} refund=${one.refund} />
    ${one.state === "audit" && html`<${Decide} one=${one} chosen=${chosen} part=${part} />`}
    ${one.state === "returning" && html`<${CallOff} one=${one} />`}</div>`}<//>`;
}

function Case({ one, names, open = false }) {
  const isOpen = useSignal(open);
  const seconds = Math.floor((now() - Date.parse(one.created_at)) / 1000);
  return html`<li class="slip ${one.state === "audit" ? "broken" : ""}"><header>
      <h3>${known(`case.${one.kind}`, one.kind)} · <a href=${`#/order/${one.order_no}`}>${t("order.title",
        { no: one.order_no })}</a></h3><span class="quiet">${age(seconds)}</span></header>
    <p><span class="state">${known(`case.state.${one.state}`, one.state)}</span>
      ${one.reason && html` · ${reasonOf(one)}`}</p>
    ${one.note && html`<blockquote>${one.note}</blockquote>`}
    ${one.decided_by && html`<p class="quiet">${t("case.decided", { who: nameOf(names, one.decided_by),
      at: when(one.decided_at) })}${one.decision_note && html` · ${one.decision_note}`}</p>`}
    <${Press} kind="small" aria-expanded=${isOpen.value} onClick=${() => { isOpen.value = !isOpen.value; }}>
      ${t(isOpen.value ? "case.close" : one.actions.includes("approve") ? "case.decide" : "case.look")}<//>
    ${isOpen.value && html`<${Whole} id=${one.case_id} />`}</li>`;
}

/** One case by its address, as the second person is led to it. */
function One({ id }) {
  const asked = useAnswer(`/aftersales/cases/${encodeURIComponent(id)}`), names = useNames();
  return html`<${Panel} title=${t("cases.title")}><p><a href="#/cases">${t("cases.all")}</a></p>
    <${Loaded} of=${asked}>${(one) => html`<ul class="slips"><${Case} one=${one} names=${names} open />
      </ul>`}<//><//>`;
}

export const Cases = ({ id }) => id ? html`<${One} key=${id} id=${id} />` : html`<${All} />`;

function All() {
  const shown = useSignal(SHOWN[0]), names = useNames();
  const state = shown.value === "waiting" ? "" : `&state=${shown.value}`;
  const asked = usePages(`/aftersales/cases?store_id=${storeId()}${state}`, "cases");
  return html`<${Panel} title=${t("cases.title")}><${Choice} label=${t("messages.which")} of=${SHOWN}
      chosen=${shown} word=${(name) => t(`cases.${name}`)} />
    <${Loaded} of=${asked}>${({ cases }) => cases.length === 0 ? html`<p class="quiet">
      ${t(`cases.none_${shown.value === "waiting" ? "waiting" : "other"}`)}</p>` : html`<ul class="slips">
      ${cases.map((one) => html`<${Case} key=${one.case_id} one=${one} names=${names} />`)}</ul>`}<//>
    <${More} of=${asked} /><//>`;
}
