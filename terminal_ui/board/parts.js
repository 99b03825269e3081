// parts: small pieces of the board.
// Exports: Slack({ticket}), Seen({person}), workOf(ticket) → the word for what is done there
import { now, tick } from "../core/clock.js";
import { clockTime } from "../core/format.js";
import { t } from "../core/i18n.js";
import { html } from "../core/view.js";
import { known } from "../desk/parts.js";

const MINUTE_SECONDS = 60;

/** The kind where a ticket is more than its stage's own work. */
export const workOf = ({ kind, stage }) => known(`kind.${kind}`, t(`stage.${stage}`));

/** When the order is due and how that will go: the words say it, colour and sign repeat it. */
export function Slack({ ticket }) {
  const minutes = Math.floor(Math.abs(ticket.slack_seconds) / MINUTE_SECONDS);
  const kind = ticket.late ? "late" : ticket.at_risk ? "risk" : "calm";
  const overdue = Math.floor((now() - Date.parse(ticket.due_at)) / MINUTE_SECONDS / 1000);
  return html`<span class="slack ${kind}"><b>${clockTime(ticket.due_at)}</b>
    ${t(`slack.${kind}`, { n: kind === "late" ? overdue : minutes })}</span>`;
}

export function Seen({ person }) {
  if (!person.last_seen) return t("seen.never");
  const seconds = Math.max(0, Math.round((tick.value - Date.parse(person.last_seen)) / 1000));
  if (seconds < MINUTE_SECONDS) return t("seen.now");
  if (seconds < 60 * MINUTE_SECONDS) return t("seen.minutes", { n: Math.floor(seconds / MINUTE_SECONDS) });
  return t("seen.at", { at: clockTime(person.last_seen) });
}
