// complaint: something is wrong with goods that came: which, why, a photo, and what became of it.
// Exports: Complaints({order})
import { uuid } from "../core/api.js";
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { money } from "../core/money.js";
import { useOnce } from "../core/once.js";
import { ask } from "../core/open.js";
import { html, useEffect, useLayoutEffect, useRef, useSignal } from "../core/view.js";
import { Icon, Picture } from "./parts.js";
import { shrinking, shrunk } from "../core/photos.js";
import { explain } from "./state.js";
import { when } from "./times.js";

const REASONS = ["damaged", "missing", "wrong", "expired", "quality"], WANTS = ["refund", "return"];
// Money that nobody has agreed to yet, or that was not agreed to.
const UNDECIDED = ["audit", "refused"];
const ENDED = ["closed", "refused"];
const PHOTOS_MAX = 3, GRAMS_STEP = 100, LOOK_MS = 5000;

/** `chosen` is {line_no: {quantity, reason}}. */
function Line({ line, chosen }) {
  const mine = chosen.value[line.line_no];
  const change = (values) => { chosen.value = { ...chosen.value, [line.line_no]: { ...mine, ...values } }; };
  const toggle = () => {
    const { [line.line_no]: was, ...others } = chosen.value;
    chosen.value = was ? others : { ...others, [line.line_no]: { quantity: line.quantity,
      reason: REASONS[0] } };
  };
  const step = line.unit === "g" ? GRAMS_STEP : 1;
  const amounts = Array.from({ length: Math.ceil(line.quantity / step) }, (_, n) =>
    Math.min((n + 1) * step, line.quantity));
  return html`<li class="wrong-line"><label class="option"><input type="checkbox" checked=${Boolean(mine)}
      name=${`line-${line.line_no}`} onChange=${toggle} /><${Picture} of=${line} /><span>${say(line.names)}
      <small>${line.unit === "g" ? "" : "×"}${quantity(line.quantity, line.unit)}</small></span></label>
    ${mine && html`<div class="wrong-what"><label class="field"><span>${t("wrong.what")}</span>
        <select name=${`reason-${line.line_no}`} value=${mine.reason}
          onChange=${(event) => change({ reason: event.currentTarget.value })}>
        ${REASONS.map((one) => html`<option value=${one} key=${one}>${t(`wrong.${one}`)}</option>`)}</select>
        </label>${amounts.length > 1 && html`<label class="field"><span>${t("wrong.how_much")}</span>
        <select name=${`quantity-${line.line_no}`} value=${mine.quantity}
          onChange=${(event) => change({ quantity: Number(event.currentTarget.value) })}>
        ${amounts.map((n) => html`<option value=${n} key=${n}>${quantity(n, line.unit)}</option>`)}</select>
        </label>`}</div>`}</li>`;
}

function Photos({ files, refusal }) {
  const add = async (event) => {
    const [file] = event.currentTarget.files;
    event.currentTarget.value = "";
    if (!file) return;
    try {
      const blob = await shrunk(file);
      files.value = [...files.value, { blob, url: URL.createObjectURL(blob), key: uuid() }];
      refusal.value = "";
    } catch {
      refusal.value = t("refused.not_a_photo");
    }
  };
  const remove = (one) => {
    URL.revokeObjectURL(one.url);
    files.value = files.value.filter((other) => other !== one);
  };
  return html`<div class="wrong-photos">${files.value.map((one, n) => html`<span key=${one.url}><img
      src=${one.url} alt=${t("wrong.photo_n", { n: n + 1 })} width="96" height="96" /><button type="button"
      class="link" onClick=${() => remove(one)}>${t("wrong.photo_away")}</button></span>`)}
    ${files.value.length < PHOTOS_MAX && html`<label class="button photo">${t("wrong.photo")}
      <input type="file" name="photo" accept="image/*" capture="environment" onChange=${add} /></label>`}
    </div>`;
}

/** What came: of each line what was not missing or replaced, and what came instead. */
async function whatCame(order) {
  const { lines, substitutes } = await ask("GET", new URL(order.track_url, location.href).pathname);
  const replaced = (no) => substitutes.filter(({ replaces }) => replaces === no)
    .reduce((sum, one) => sum + one.replaced, 0);
  return [...lines.map((line) => ({ ...line,
    quantity: line.quantity - line.short - replaced(line.line_no) })),
  ...substitutes.map((one) => ({ ...one, quantity: one.quantity - one.short }))]
    .filter(({ quantity: came }) => came > 0);
}

function Form({ order, onDone, onLeave }) {
  const chosen = useSignal({}), wants = useSignal(WANTS[0]), note = useSignal(""), files = useSignal([]);
  const refusal = useSignal(""), isSending = useSignal(false), once = useOnce();
  const options = { token: order.token }, came = useSignal(order.lines);
  useEffect(() => { whatCame(order).then((lines) => { came.value = lines; }, () => {}); }, []);
  const keep = async (file) => {
    file.id ??= (await ask("POST", `/orders/${order.order_no}/photos`, file.blob,
      { ...options, idempotencyKey: file.key })).photo_id;
    return file.id;
  };
  const send = async () => {
    const photos = await Promise.all(files.value.map(keep));
    const lines = Object.entries(chosen.value).map(([no, { quantity: n, reason }]) => (
      { line_no: Number(no), quantity: n, reason, wants: wants.value }));
    await once((idempotencyKey) => ask("POST", `/orders/${order.order_no}/aftersales`, { lines,
      note: note.value.trim(), photos }, { ...options, idempotencyKey }));
  };
  const submit = async (event) => {
    event.preventDefault();
    isSending.value = true;
    try {
      await send();
      onDone();
    } catch (error) {
      refusal.value = explain(error);
    }
    isSending.value = false;
  };
  return html`<form class="panel wrong" onSubmit=${submit}><h2>${t("wrong.title")}</h2>
    <ul class="wrong-lines">${came.value.map((line) => html`<${Line} key=${line.line_no} line=${line}
      chosen=${chosen} />`)}</ul>
    <fieldset class="options"><legend>${t("wrong.wants")}</legend>${WANTS.map((one) => html`<label
      class="option" key=${one}><input type="radio" name="wants" value=${one} checked=${wants.value === one}
      onChange=${() => { wants.value = one; }} /><span>${t(`wants.${one}`)}</span></label>`)}</fieldset>
    <p class="wrong-lead">${t("wrong.photo_lead")}</p><${Photos} files=${files} refusal=${refusal} />
    <label class="field"><span>${t("wrong.note")}</span><input name="note" maxlength="500"
      value=${note.value} onInput=${(event) => { note.value = event.currentTarget.value; }} /></label>
    <p class="refusal" role="alert">${refusal.value}</p>
    <button type="submit" class="button primary wide"
      disabled=${isSending.value || shrinking.value > 0 || Object.keys(chosen.value).length === 0}>
      ${t(isSending.value ? "wrong.sending" : "wrong.send")}</button>
    <button type="button" class="button wide" onClick=${onLeave}>${t("wrong.leave")}</button></form>`;
}

/** Goods that came back are looked at before their money goes. */
const isHere = ({ state, lines }) => state === "returning" && lines.some(({ returned }) => returned > 0);

function Case({ one, order }) {
  return html`<li class="case"><p><b>${t(isHere(one) ? "case.came" : `case.${one.state}`)}</b></p>
    ${one.lines.map((line) => html`<p class="pack" key=${line.line_no}>${say(line.names)}
      ${" "}${quantity(line.quantity, line.unit)} · ${t(`wrong.${line.reason}`)}</p>`)}
    ${one.granted_at && html`<p class="pack">${t("case.by", { at: when(one.granted_at) })}</p>`}
    ${one.decision_note && one.state !== "approved" && html`<p>${t("case.answer")} ${one.decision_note}</p>`}
    ${one.refund && !UNDECIDED.includes(one.refund.state) && html`<p>${t("case.money",
      { amount: money(one.refund.amount, order.currency) })}</p>`}
    </li>`;
}

export function Complaints({ order }) {
  const cases = useSignal([]), isOpen = useSignal(false), isSent = useSignal(false);
  const thanks = useRef(null);
  const load = () => ask("GET", `/orders/${order.order_no}/aftersales`, undefined, { token: order.token })
    .then((answer) => { cases.value = answer.cases.filter(({ kind }) => kind === "complaint"); }, () => {});
  useEffect(() => { load(); }, [order.order_no, order.refunded]);
  const waits = cases.value.some(({ state }) => !ENDED.includes(state));
  useEffect(() => {
    if (!waits) return undefined;
    const looking = setInterval(() => { if (!document.hidden) load(); }, LOOK_MS);
    return () => clearInterval(looking);
  }, [order.order_no, waits]);
  useLayoutEffect(() => { if (isSent.value) thanks.current?.focus(); }, [isSent.value]);
  const done = () => { isOpen.value = false; isSent.value = true; load(); };
  return html`${isSent.value && html`<p class="hint" role="status" tabindex="-1" ref=${thanks}>
      <${Icon} name="check" />
      ${t("wrong.sent")}</p>`}
    ${cases.value.length > 0 && html`<section class="panel"><h2>${t("case.title")}</h2><ul class="cases">
      ${cases.value.map((one) => html`<${Case} key=${one.case_id} one=${one} order=${order} />`)}</ul>
      </section>`}
    ${order.actions.includes("complain") && (isOpen.value
      ? html`<${Form} order=${order} onDone=${done} onLeave=${() => { isOpen.value = false; }} />`
      : html`<button type="button" class="button wide"
        onClick=${() => { isOpen.value = true; isSent.value = false; }}>${t("wrong.ask")}</button>`)}`;
}
