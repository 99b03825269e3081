// stuck: what gave up or waits too long: alarms, and tasks of the engine. Exports: Stuck()
import { call } from "../core/api.js";
import { say, t } from "../core/i18n.js";
import { html, useSignal } from "../core/view.js";
import { Panel, age } from "../desk/parts.js";
import { Alarms } from "./alarms.js";
import { Contacts } from "./contacts.js";
import { Choice, Loaded, More, Sure, when } from "./parts.js";
import { act, has, usePages } from "./state.js";

const STATES = ["dead", "due", "running", "waiting"];
const DRAIN_FROM = 2;

function Task({ task }) {
  const about = task.order_no && html` · <a href=${`#/order/${task.order_no}`}>${t("order.title",
    { no: task.order_no })}</a>`;
  const retry = () => act(() => call("POST", `/tasks/${task.id}/retry`), t("task.retried"));
  const skip = (reason) => act(() => call("POST", `/tasks/${task.id}/skip`, { reason }), t("task.skipped"));
  return html`<li class="slip ${task.state === "dead" ? "off" : ""}"><header><h3>${say(task.said)}
      ${" "}<small class="quiet">${task.handler}</small></h3>
      <span class="quiet">${age(task.age_seconds)}</span></header>
    <p>${t("task.tried", { n: task.attempts, of: task.attempts_max })}
      ${task.error && html` · <b>${task.error}</b>`}${about}
      ${task.state === "waiting" && html` · ${t("task.runs_at", { at: when(task.run_at) })}`}
      ${task.ahead && html` · ${t("task.behind", { id: task.ahead })}`}</p>
    <div class="together wrap">${task.actions.includes("retry") && html`<${Sure} label=${t("task.retry")}
        kind="small" text=${t("task.retry_sure")} onGo=${retry} />`}
      ${task.actions.includes("skip") && html`<${Sure} label=${t("task.skip")} kind="danger small"
        note=${t("note.reason")} text=${t("task.skip_sure")} onGo=${skip} />`}</div></li>`;
}

/** Many that failed for one cause go on with one press. */
function Drain({ tasks }) {
  const counts = new Map();
  for (const { handler, said, actions } of tasks) {
    if (!actions.includes("retry")) continue;
    const { n } = counts.get(handler) ?? { n: 0 };
    counts.set(handler, { n: n + 1, does: say(said) || handler });
  }
  const drain = (handler) => act(() => call("POST", "/tasks/drain", { handler }), t("task.drained"));
  return [...counts].filter(([, { n }]) => n >= DRAIN_FROM).map(([handler, { does }]) => html`<${Sure} key=${handler}
    label=${t("task.drain", { handler: does })} kind="small" text=${t("task.drain_sure")}
    go=${t("task.drain_go")} onGo=${() => drain(handler)} />`);
}

function Tasks() {
  const state = useSignal("dead");
  const asked = usePages(`/tasks?state=${state.value}`, "tasks");
  const count = state.value === "dead" ? asked.value?.tasks.length : 0;
  return html`<${Panel} title=${t("tasks.title")} count=${count}>
    <${Choice} label=${t("tasks.state")} of=${STATES} chosen=${state} word=${(name) => t(`tasks.${name}`)} />
    <${Loaded} of=${asked}>${({ tasks }) => tasks.length === 0 ? html`<p class="quiet">
      ${t(`tasks.none_${state.value}`)}</p>` : html`${state.value === "dead" && html`<div
        class="together wrap"><${Drain} tasks=${tasks} /></div>`}<ul class="slips">
        ${tasks.map((task) => html`<${Task} key=${task.id} task=${task} />`)}</ul>`}<//>
    <${More} of=${asked} /><//>`;
}

export const Stuck = () => html`<div class="aside"><${Alarms} />
  ${has() && html`<${Contacts} />`}<${Tasks} /></div>`;
