// notices: cards above the work: a refused op, a ticket taken away, a word from the supervisor. They say what to do and
// stay until the person has read them. Exports: Notices()
import { html } from "./view.js";
import { say, t } from "./i18n.js";
import { dismiss, rejected } from "./outbox.js";
import { Button, Icon } from "./ui.js";
import { dismissNotice, notices } from "./work.js";

const known = (key, fallback, args) => t(key) === key ? fallback : t(key, args);

function Card({ title, text, onRead }) {
  return html`<section class="card" role="alert"><${Icon} name="alert" /><div><strong>${title}</strong><p>${text}</p></div>
    <${Button} command="READ" onClick=${onRead}>${t("card.read")}<//></section>`;
}

function refusedText({ op, answer }) {
  return known(`refused.${answer.code}`, answer.message || t("refused.unknown"), op.payload);
}

function noticeText(notice) {
  if (notice.type !== "ticket.withdrawn") return known(`message.${notice.text_code}`, say(notice.text), notice);
  const why = known(`withdrawn.${notice.reason}`, t("withdrawn.other"), notice);
  const totes = (notice.totes ?? []).map((tote) => tote.code).join(", ");
  return notice.hand_to ? `${why} ${t("withdrawn.hand_to", { totes, name: say(notice.hand_to.name ?? notice.hand_to) })}` : why;
}

export function Notices() {
  return html`${rejected.value.map((entry) => html`<${Card} key=${entry.seq} title=${t("card.refused", {
      what: known(`op.${entry.op.type}`, entry.op.type) })} text=${refusedText(entry)} onRead=${() => dismiss(entry.seq)} />`)}
    ${notices.value.map((notice) => html`<${Card} key=${notice.id} text=${noticeText(notice)}
      title=${notice.order_no ? t("card.order", { order: notice.short_no ?? notice.order_no }) : t("card.message")}
      onRead=${() => dismissNotice(notice.id)} />`)}`;
}
