// refunds: large ones that a second person agrees to, and those that a channel would not carry.
// Exports: Refunds()
import { call, session } from "../core/api.js";
import { t } from "../core/i18n.js";
import { html, useLayoutEffect, useRef, useSignal } from "../core/view.js";
import { Panel, Press, Refusal, Text, busy, known, refusal } from "../desk/parts.js";
import { reasonOf } from "./case.js";
import { Loaded, Money, More, Sure, when } from "./parts.js";
import { Photo } from "./photo.js";
import { act, nameOf, storeId, useNames, usePages } from "./state.js";

const ASKED = ["audit", "other_means"], UNPAID = { failed: "propose", paid_twice: "resolve" };

/** Two people: nobody agrees to what they asked for themselves. */
function whyNot(one) {
  if (one.actions.includes("agree")) return "";
  return t(one.asked_by === `staff:${session.value.person.id}` ? "audit.own" : "audit.finance");
}

function Audit({ one }) {
  const answer = (approve) => (note) => act(() => call("POST", `/aftersales/refunds/${one.refund_id}/audit`,
    { approve, note }), t(approve ? "audit.agreed" : "audit.refused"));
  const why = whyNot(one);
  return html`<div class="together wrap"><${Sure} label=${t("audit.agree")} kind="strong" why=${why}
      text=${t(`audit.agree_${one.state}`)} onGo=${answer(true)} />
    ${one.actions.includes("disagree") && html`<${Sure} label=${t("audit.refuse")} kind="danger" note=${t("note.reason")}
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
  if (!one.actions.includes(UNPAID[one.state])) return html`<p class="quiet">${t("means.finance")}</p>`;
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

/** What the money is for: in the customer's words and pictures, which open large by a press. */
function About({ about }) {
  return html`${about.note && html`<blockquote>${about.note}</blockquote>`}
    ${about.kind === "complaint" && html`<p><a href=${`#/cases/${about.case_id}`}>${t("audit.case")}</a>
      ${" "}<span class="quiet">${about.photos.length === 0 ? t("audit.no_photos") : reasonOf(about)}</span></p>`}
    ${about.photos.length > 0 && html`<div class="photos">${about.photos.map((photo, n) => html`<${Photo}
      key=${photo} id=${photo} n=${n + 1} />`)}</div>`}`;
}

function Refund({ one, names }) {
  const about = one.cases.map(({ kind }) => known(`case.${kind}`, kind)).join(", ");
  const isUnpaid = one.state in UNPAID;
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
    ${one.cases.map((about) => html`<${About} key=${about.case_id} about=${about} />`)}
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
