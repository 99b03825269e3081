// notices: cards above the work: a refused op, a ticket taken away, a word from the supervisor. They say what to do and
// stay until the person has read them. Exports: Notices()
import { html } from "./view.js";
import { say, t } from "./i18n.js";
import { dismiss, rejected } from "./outbox.js";
import { Button, Icon } from "./ui.js";
import { dismissNotices, notices } from "./work.js";

const known = (key, fallback, args) => t(key) === key ? fallback : t(key, args);

function Card({ title, text, onRead }) {
  return html`<section class="card" role="alert"><${Icon} name="alert" /><div><strong>${title}</strong><p>${text}</p></div>
    <${Button} command="READ" onClick=${onRead}>${t("card.read")}<//></section>`;
}

function refusedText({ op, answer }) {
  const why = known(`refused.${answer.code}`, answer.message || t("refused.unknown"), op.payload);
  return answer.holder ? `${why} ${t("withdrawn.goes_to", { name: say(answer.holder.names) })}` : why;
}

function noticeText(notice) {
  if (notice.type !== "ticket.withdrawn") return known(`message.${notice.text_code}`, say(notice.text), notice);
  const why = known(`withdrawn.${notice.reason}`, t("withdrawn.other"), notice);
  const totes = (notice.totes ?? []).map((tote) => tote.code).join(", ");
  if (!notice.hand_to) return why;
  const name = say(notice.hand_to.name ?? notice.hand_to);
  return `${why} ${totes ? t("withdrawn.hand_to", { totes, name }) : t("withdrawn.goes_to", { name })}`;
}

/** Orders of which the same is to be said are one card: a card for each would push the work off the screen. */
function gathered(all) {
  const cards = new Map();
  for (const notice of all) {
    const text = noticeText(notice), same = notice.order_no ? text : notice.id;
    const card = cards.get(same) ?? { text, orders: [], ids: [] };
    if (notice.order_no) card.orders.push(notice.short_no ?? notice.order_no);
    card.ids.push(notice.id);
    cards.set(same, card);
  }
  return [...cards.values()];
}

export function Notices() {
  return html`<div class="cards">${rejected.value.map((entry) => html`<${Card} key=${entry.seq} title=${t("card.refused", {
      what: known(`op.${entry.op.type}`, entry.op.type) })} text=${refusedText(entry)} onRead=${() => dismiss(entry.seq)} />`)}
    ${gathered(notices.value).map(({ text, orders, ids }) => html`<${Card} key=${ids[0]} text=${text}
      title=${orders.length ? t("card.order", { order: orders.join(", ") }) : t("card.message")}
      onRead=${() => dismissNotices(ids)} />`)}</div>`;
}
