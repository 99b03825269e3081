// refunds: large ones that a second person agrees to, and those that a channel would not carry.
// Exports: Refunds()
import { call, session } from "../core/api.js";
import { t } from "../core/i18n.js";
import { html, useLayoutEffect, useRef, useSignal } from "../core/view.js";
import { Panel, Press, Refusal, Text, busy, known, refusal } from "../desk/parts.js";
import { Loaded, Money, More, Sure, when } from "./parts.js";
import { act, has, nameOf, storeId, useNames, usePages } from "./state.js";

const ASKED = ["audit", "other_means"], UNPAID = ["failed", "paid_twice"];

/** Two people: nobody agrees to what they asked for themselves. */
function whyNot(one) {
  if (!has("finance", "supervisor")) return t("audit.finance");
  return one.asked_by === `staff:${session.value.person.id}` ? t("audit.own") : "";
}

function Audit({ one }) {
  const answer = (approve) => (note) => act(() => call("POST", `/aftersales/refunds/${one.refund_id}/audit`,
    { approve, note }), t(approve ? "audit.agreed" : "audit.refused"));
  const why = whyNot(one);
  return html`<div class="together wrap"><${Sure} label=${t("audit.agree")} kind="strong" why=${why}
      text=${t(`audit.agree_${one.state}`)} onGo=${answer(true)} />
    ${!why && html`<${Sure} label=${t("audit.refuse")} kind="danger" note=${t("note.reason")}
      text=${t(`audit.refuse_${one.state}`)} onGo=${answer(false)} />`}</div>`;
}

function OtherMeans({ one }) {
  const isOpen = useSignal(false), reference = useSignal(""), note = useSignal(""), box = useRef(null);
  useLayoutEffect(() => { box.current?.querySelector("input")?.focus(); }, [isOpen.value]);
  const kind = one.state === "failed" ? "means" : "twice";
  const leave = () => { isOpen.value = false; refusal.value = ""; };
  const go = async (event) => {
    event.preventDefault();
    if (await act(() => call("POST", `/aftersales/refunds/${one.refund_id}/other-means`,
      { reference: reference.value.trim(), note: note.value.trim() }), t(`${kind}.done`))) leave();
  };
  if (!has("finance", "operator")) return html`<p class="quiet">${t("means.finance")}</p>`;
  if (!isOpen.value) return html`<${Press} onClick=${() => { refusal.value = ""; isOpen.value = true; }}>
    ${t(`${kind}.label`)}<//>`;
  return html`<form class="sure" ref=${box} onSubmit=${go}
      onKeyDown=${(event) => { if (event.key === "Escape") leave(); }}><p>${t(`${kind}.sure`)}</p>
    <${Text} label=${t("means.reference")} value=${reference} name="reference" maxlength="200"
      autocomplete="off" required />
    <${Text} label=${t("means.note")} value=${note} name="note" maxlength="500" autocomplete="off" required />
    <${Refusal} /><div class="together wrap"><${Press} onClick=${leave}>${t("sure.leave")}<//>
      <button type="submit" class="press strong" disabled=${busy.value}>${t(`${kind}.label`)}</button></div>
    </form>`;
}

function Refund({ one, names }) {
  const about = one.cases.map(({ kind }) => known(`case.${kind}`, kind)).join(", ");
  const isUnpaid = UNPAID.includes(one.state);
  return html`<li class="slip ${isUnpaid ? "off" : "broken"}"><header><h3><${Money}
      minor=${isUnpaid && one.owed ? one.owed : one.amount} currency=${one.currency} /> · ${about}</h3>
      <span class="state">${t(`refund.${one.state}`)}</span></header>
    <p><a href=${`#/order/${one.order_no}`}>${t("order.title", { no: one.order_no })}</a> ·
      ${" "}${when(one.created_at)}</p>
    ${one.asked_by && html`<p>${t("audit.asked", { who: nameOf(names, one.asked_by) })}
      ${one.reference && html` · ${t("means.reference")}: <b>${one.reference}</b>`}
      ${one.asked_note && html` · ${one.asked_note}`}</p>`}
    ${one.answered_by && html`<p class="quiet">${t("audit.answered", { who: nameOf(names, one.answered_by) })}
      ${one.answer_note && html` · ${one.answer_note}`}</p>`}
    ${ASKED.includes(one.state) && html`<${Audit} one=${one} />`}
    ${isUnpaid && html`<${OtherMeans} one=${one} />`}</li>`;
}

export function Refunds() {
  const asked = usePages(`/aftersales/refunds?store_id=${storeId()}`, "refunds"), names = useNames();
  return html`<${Panel} title=${t("refunds.title")} count=${asked.value?.refunds.length}><${Loaded}
    of=${asked}>${({ refunds }) => refunds.length === 0 ? html`<p class="quiet">${t("refunds.none")}</p>`
      : html`<ul class="slips">${refunds.map((one) => html`<${Refund} key=${one.refund_id} one=${one}
        names=${names} />`)}</ul>`}<//><${More} of=${asked} /><//>`;
}
