// speaking: an operator says for a customer what is wrong with goods, or gives lines back of their own
// accord.
// Exports: Speaking({order})
import { call, uuid } from "../core/api.js";
import { quantity } from "../core/format.js";
import { say, t } from "../core/i18n.js";
import { useOnce } from "../core/once.js";
import { shrinking, shrunk } from "../core/photos.js";
import { html, useLayoutEffect, useRef, useSignal } from "../core/view.js";
import { Press, Refusal, Text, busy, refusal } from "../desk/parts.js";
import { act } from "./state.js";

const REASONS = ["damaged", "missing", "wrong", "expired", "quality"], WANTS = ["refund", "return"];
const PHOTOS_MAX = 3;
const KINDS = ["complain", "refund_lines"];

function Select({ name, label, of, chosen, word }) {
  return html`<label class="field"><span>${label}</span><select name=${name} value=${chosen.value}
    onChange=${(event) => { chosen.value = event.currentTarget.value; }}>${of.map((one) => html`<option
      key=${one} value=${one}>${word(one)}</option>`)}</select></label>`;
}

/** Of each line what was not missing or replaced, and what came instead. */
const whatCame = ({ lines, substitutes }) => [
  ...lines.map((line) => ({ ...line, quantity: line.quantity - line.short - line.substituted })),
  ...substitutes.map((one) => ({ ...one, line_no: one.sub_line_no, quantity: one.quantity - one.short })),
].filter(({ quantity: came }) => came > 0);

function Amount({ line, amounts }) {
  const change = (event) => {
    amounts.value = { ...amounts.value, [line.line_no]: event.currentTarget.value };
  };
  return html`<label class="field part"><span>${say(line.names)} · ${t("speak.of",
      { n: quantity(line.quantity, line.unit), unit: t(`unit.${line.unit}`) })}</span>
    <input name=${`amount-${line.line_no}`} type="number" inputmode="numeric" min="0" max=${line.quantity}
      value=${amounts.value[line.line_no] ?? ""} onInput=${change} /></label>`;
}

/** What the customer sent to the shop: each is made small, and goes with the complaint. */
function Photos({ pictures }) {
  const choose = async ({ currentTarget: { files } }) => {
    refusal.value = "";
    try {
      const small = await Promise.all([...files].slice(0, PHOTOS_MAX).map(shrunk));
      pictures.value = small.map((blob) => ({ blob, key: uuid() }));
    } catch {
      pictures.value = [];
      refusal.value = t("refused.not_a_photo");
    }
  };
  return html`<label class="field"><span>${t("speak.photos", { n: PHOTOS_MAX })}</span><input name="photos"
    type="file" accept="image/*" multiple onChange=${choose} /></label>`;
}

function Form({ order, kind, onDone }) {
  const amounts = useSignal({}), reason = useSignal(REASONS[0]), wants = useSignal(WANTS[0]);
  const note = useSignal(""), pictures = useSignal([]), box = useRef(null);
  useLayoutEffect(() => { box.current.querySelector("input").focus(); }, []);
  const isComplaint = kind === "complain", once = useOnce(), said = () => note.value.trim();
  const lines = Object.entries(amounts.value).filter(([, n]) => Number(n) > 0)
    .map(([no, n]) => ({ line_no: Number(no), quantity: Number(n) }));
  const keep = async (picture) => {
    picture.id ??= (await call("POST", `/orders/${order.order_no}/complaint-photos`, picture.blob,
      { idempotencyKey: picture.key })).photo_id;
    return picture.id;
  };
  const complain = async (idempotencyKey) => call("POST", "/aftersales/complaints", {
    order_no: order.order_no, note: said(), photos: await Promise.all(pictures.value.map(keep)),
    lines: lines.map((line) => ({ ...line, reason: reason.value, wants: wants.value })) }, { idempotencyKey });
  const refund = (idempotencyKey) => call("POST", `/orders/${order.order_no}/refunds`,
    { lines, reason: reason.value, note: said() }, { idempotencyKey });
  const request = () => once(isComplaint ? complain : refund);
  const go = async (event) => {
    event.preventDefault();
    if (await act(request, t(`speak.${kind}_done`))) onDone();
  };
  return html`<form class="sure" ref=${box} onSubmit=${go}
      onKeyDown=${(event) => { if (event.key === "Escape") onDone(); }}><p>${t(`speak.${kind}_lead`)}</p>
    ${whatCame(order).map((line) => html`<${Amount} key=${line.line_no} line=${line} amounts=${amounts} />`)}
    <${Select} name="reason" label=${t("speak.reason")} of=${REASONS} chosen=${reason}
      word=${(one) => t(`complaint.${one}`)} />
    ${isComplaint && html`<${Select} name="wants" label=${t("speak.wants")} of=${WANTS} chosen=${wants}
      word=${(one) => t(`wants.${one}`)} /><${Photos} pictures=${pictures} />`}
    <${Text} label=${t("speak.note")} value=${note} name="note" maxlength="500" autocomplete="off"
      required=${!isComplaint} /><${Refusal} />
    <div class="together wrap"><${Press} onClick=${onDone}>${t("sure.leave")}<//>
      <button type="submit" class="press strong"
        disabled=${busy.value || shrinking.value > 0 || lines.length === 0}>${t(`speak.${kind}`)}</button></div></form>`;
}

export function Speaking({ order }) {
  const kind = useSignal("");
  const choose = (name) => { refusal.value = ""; kind.value = name; };
  if (kind.value) return html`<${Form} order=${order} kind=${kind.value} onDone=${() => choose("")} />`;
  return KINDS.filter((name) => order.actions.includes(name)).map((name) => html`<${Press} key=${name}
    onClick=${() => choose(name)}>${t(`speak.${name}`)}<//>`);
}
