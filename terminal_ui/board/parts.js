// parts: small pieces of the board.
// Exports: Slack({ticket}), slackMinutes(ticket), Seen({person}),
//          workOf(ticket) → the word for what is done there,
//          useHeightAs(property) → the ref of what sticks to the top: the style hears how high that is
import { now, tick } from "../core/clock.js";
import { clockTime } from "../core/format.js";
import { t } from "../core/i18n.js";
import { html, useLayoutEffect, useRef } from "../core/view.js";
import { known } from "../desk/parts.js";

const MINUTE_SECONDS = 60;

/** The kind where a ticket is more than its stage's own work. */
export const workOf = ({ kind, stage }) => known(`kind.${kind}`, t(`stage.${stage}`));

/** Minutes that an order is late or has to spare, as `Slack` tells them. */
export function slackMinutes({ late, due_at, slack_seconds }) {
  if (late) return Math.floor((now() - Date.parse(due_at)) / MINUTE_SECONDS / 1000);
  return Math.floor(Math.abs(slack_seconds) / MINUTE_SECONDS);
}

/** When the order is due and how that will go: the words say it, colour and sign repeat it. */
export function Slack({ ticket }) {
  const kind = ticket.late ? "late" : ticket.at_risk ? "risk" : "calm";
  return html`<span class="slack ${kind}"><b>${clockTime(ticket.due_at)}</b>
    ${t(`slack.${kind}`, { n: slackMinutes(ticket) })}</span>`;
}

export function Seen({ person }) {
  if (!person.last_seen) return t("seen.never");
  const seconds = Math.max(0, Math.round((tick.value - Date.parse(person.last_seen)) / 1000));
  if (seconds < MINUTE_SECONDS) return t("seen.now");
  if (seconds < 60 * MINUTE_SECONDS) return t("seen.minutes", { n: Math.floor(seconds / MINUTE_SECONDS) });
  return t("seen.at", { at: clockTime(person.last_seen) });
}

/** Nothing that is walked to or sticks below may hide behind it, and its height is that of its words. */
export function useHeightAs(property) {
  const box = useRef(null);
  useLayoutEffect(() => {
    if (!box.current) return undefined;
    const watching = new ResizeObserver(() => {
      const sticks = box.current && getComputedStyle(box.current).position === "sticky";
      document.documentElement.style.setProperty(property, `${sticks ? box.current.offsetHeight : 0}px`);
    });
    watching.observe(box.current);
    return () => watching.disconnect();
  }, []);
  return box;
}
