// people: who works here: add, roles, PIN, disable. Exports: People()
import { call, session } from "../core/api.js";
import { say, t } from "../core/i18n.js";
import { html, signal, useEffect, useSignal } from "../core/view.js";
import { Devices } from "./devices.js";
import { Panel, Press, Refusal, Seen, Text } from "./parts.js";
import { attempt, explain, refusal, storeId } from "./state.js";

const ROLES = ["picker", "packer", "counter", "rider", "supervisor"];
const ADMIN_ONLY = ["operator", "admin"];

const people = signal(null);
const pin = signal(null);

const load = () => call("GET",
  `/staff/people?store_id=${storeId()}`).then((answer) => { people.value = answer.people; },
  (error) => { refusal.value = explain(error); });

const change = (person, body) => attempt(async () => {
  const answer = await call("PATCH", `/staff/people/${person.id}`, body);
  if (answer.pin) pin.value = answer;
  await load();
});

/** A PIN is shown once: nobody can look it up later. */
function NewPin() {
  if (!pin.value) return null;
  return html`<div class="new-pin" role="alert"><p>${t("pin.of", { name: say(pin.value.names),
    badge: pin.value.badge })}</p>
    <p class="pin-digits">${pin.value.pin}</p><p class="quiet">${t("pin.once")}</p>
    <${Press} onClick=${() => { pin.value = null; }}>${t("pin.seen")}<//></div>`;
}

function Add() {
  const badge = useSignal(""), zh = useSignal(""), en = useSignal(""), roles = useSignal(["picker"]);
  const toggle = (role) => {
    roles.value = roles.value.includes(role) ? roles.value.filter((one) => one !== role) : [...roles.value,
      role];
  };
  const add = async (event) => {
    event.preventDefault();
    const body = { store_id: storeId(), badge: badge.value.trim(), name_zh: zh.value.trim(),
      name_en: en.value.trim(), roles: roles.value };
    const isDone = await attempt(async () => {
      pin.value = await call("POST", "/staff/people", body);
      await load();
    });
    if (isDone) badge.value = zh.value = en.value = "";
  };
  return html`<${Panel} title=${t("add.title")}><form class="add" onSubmit=${add}>
    <${Text} label=${t("add.badge")} value=${badge} name="new-badge" autocomplete="off"
      maxlength="40" required />
    <${Text} label=${t("add.name_zh")} value=${zh} name="name-zh" autocomplete="off"
      maxlength="60" required />
    <${Text} label=${t("add.name_en")} value=${en} name="name-en" autocomplete="off"
      maxlength="60" required />
    <fieldset><legend>${t("add.roles")}</legend><div class="together wrap">${ROLES.map((role) => html`<label
      class="check"
      key=${role}><input type="checkbox" checked=${roles.value.includes(role)}
        onChange=${() => toggle(role)} />
      ${t(`role.${role}`)}</label>`)}</div></fieldset>
    <${Refusal} /><button type="submit" class="press strong"
      disabled=${roles.value.length === 0}>${t("add.go")}</button>
  </form><//>`;
}

/** Both acts end a login, so each asks once more; nobody does it to themselves and is locked out. */
function Acts({ person }) {
  const asked = useSignal(null);
  const { person: me, roles } = session.value;
  if (person.id === me.id) return html`<span class="quiet">${t("person.you")}</span>`;
  if (!roles.includes("admin") && person.roles.some((role) => ADMIN_ONLY.includes(role))) {
    return html`<span class="quiet">${t("person.admin_only")}</span>`;
  }
  const name = html`<span class="unseen"> ${say(person.names)}</span>`;
  const ask = (act) => html`<${Press} kind="small" onClick=${() => { asked.value = act; }}>
    ${t(`person.${act}`)}${name}<//>`;
  const go = async () => {
    await change(person, asked.value === "reset" ? { reset_pin: true } : { disabled: true });
    asked.value = null;
  };
  if (asked.value) return html`<div class="together wrap"><${Press} kind="small danger" onClick=${go}>
      ${t(`person.${asked.value}_sure`)}${name}<//>
    <${Press} kind="small" onClick=${() => { asked.value = null; }}>${t("person.leave")}<//></div>`;
  return html`<div class="together wrap">${ask("reset")}${person.disabled ? html`<${Press} kind="small"
    onClick=${() => change(person, { disabled: false })}>${t("person.enable")}${name}<//>` : ask("disable")}
    </div>`;
}

function Row({ person }) {
  const isLocked = person.pin_locked_until && Date.parse(person.pin_locked_until) > Date.now();
  return html`<tr class=${person.disabled ? "disabled" : ""} data-badge=${person.badge}>
    <th scope="row">${say(person.names)}<span class="quiet"> ${person.badge}</span></th>
    <td data-label=${t("add.roles")}>${person.roles.map((role) => t(`role.${role}`)).join(" · ")}</td>
    <td data-label=${t("col.duty")}>${person.disabled ? t("person.disabled") : t(`shift.${person.shift}`)}
      ${isLocked && html` <span class="tag held">${t("person.locked")}</span>`}</td>
    <td data-label=${t("col.seen")}><${Seen} person=${person} /></td>
    <td><${Acts} person=${person} /></td></tr>`;
}

export function People() {
  useEffect(() => { load(); return () => { pin.value = null; }; }, []);
  const columns = ["name", "roles", "duty", "seen", "acts"];
  return html`<div class="columns"><${Panel} title=${t("people.title")} count=${people.value?.length}>
      <${NewPin} /><div class="scroll" tabindex="0" role="region" aria-label=${t("people.title")}>
        <table class="tickets">
      <thead><tr>${columns.map((name) => html`<th scope="col" key=${name}>${t(`col.${name}`)}</th>`)}</tr>
        </thead>
      <tbody>${people.value?.map((person) => html`<${Row} key=${person.id} person=${person} />`)}</tbody>
        </table></div><//>
    <div class="aside"><${Add} /><${Devices} /></div></div>`;
}
