// people: who works here: add, roles, what they know best, PIN, disable. Exports: People()
import { call, session } from "../core/api.js";
import { say, t } from "../core/i18n.js";
import { html, signal, useEffect, useRef, useSignal } from "../core/view.js";
import { Panel, Press, Refusal, Text, explain, refusal } from "../desk/parts.js";
import { Devices } from "./devices.js";
import { Seen } from "./parts.js";
import { attempt, storeId } from "./state.js";

const FLOOR = ["picker", "cook", "packer", "counter", "rider"];
const IN_CHARGE = ["supervisor", "operator", "finance", "admin"];
const ADMIN_ONLY = ["operator", "finance", "admin"];
const ZONES = ["ambient", "chilled", "frozen"];

const isAdmin = () => session.value.roles.includes("admin");
/** What this supervisor or administrator may give and take. */
const mine = () => isAdmin() ? [...FLOOR, ...IN_CHARGE] : FLOOR;

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
  const place = useRef(null);
  // The person may stand far down the list.
  useEffect(() => { place.current?.scrollIntoView({ block: "center" }); }, [pin.value]);
  if (!pin.value) return null;
  return html`<div class="new-pin" role="alert" ref=${place}><p>${t("pin.of", { name: say(pin.value.names),
    badge: pin.value.badge })}</p>
    <p class="pin-digits">${pin.value.pin}</p><p class="quiet">${t("pin.once")}</p>
    <${Press} onClick=${() => { pin.value = null; }}>${t("pin.seen")}<//></div>`;
}

function Checks({ legend, names, word, chosen }) {
  const toggle = (name) => {
    chosen.value = chosen.value.includes(name) ? chosen.value.filter((one) => one !== name)
      : [...chosen.value, name];
  };
  return html`<fieldset><legend>${legend}</legend><div class="together wrap">
    ${names.map((name) => html`<label class="check" key=${name}><input type="checkbox"
      checked=${chosen.value.includes(name)} onChange=${() => toggle(name)} />
      ${t(`${word}.${name}`)}</label>`)}</div></fieldset>`;
}

/** Pickers may be experts of a zone: they are asked for second looks there. */
function Roles({ chosen, expert }) {
  return html`<${Checks} legend=${t("add.roles")} names=${mine()} word="role" chosen=${chosen} />
    ${chosen.value.includes("picker") && html`<${Checks} legend=${t("add.expert")} names=${ZONES} word="zone"
      chosen=${expert} />`}`;
}

function Add() {
  const badge = useSignal(""), zh = useSignal(""), en = useSignal(""), roles = useSignal(["picker"]);
  const isTried = useSignal(false), expert = useSignal([]);
  const add = async (event) => {
    event.preventDefault();
    isTried.value = true;
    const body = { store_id: storeId(), badge: badge.value.trim(), name_zh: zh.value.trim(),
      name_en: en.value.trim(), roles: roles.value, expert_zones: expert.value };
    const isDone = await attempt(async () => {
      pin.value = await call("POST", "/staff/people", body);
      await load();
    });
    if (!isDone) return;
    badge.value = zh.value = en.value = "";
    expert.value = [];
    isTried.value = false;
  };
  return html`<${Panel} title=${t("add.title")}><form class="add" onSubmit=${add}>
    <${Text} label=${t("add.badge")} value=${badge} name="new-badge" autocomplete="off"
      maxlength="40" required />
    <${Text} label=${t("add.name_zh")} value=${zh} name="name-zh" autocomplete="off"
      maxlength="60" required />
    <${Text} label=${t("add.name_en")} value=${en} name="name-en" autocomplete="off"
      maxlength="60" required />
    <${Roles} chosen=${roles} expert=${expert} />
    ${isTried.value && html`<${Refusal} />`}<button type="submit" class="press strong"
      disabled=${roles.value.length === 0}>${t("add.go")}</button>
  </form><//>`;
}

/** What somebody else's role is, one does not choose, is kept as it is. */
function ChangeRoles({ person, onDone }) {
  const chosen = useSignal(person.roles), expert = useSignal(person.expert_zones);
  const save = async (event) => {
    event.preventDefault();
    if (await change(person, { roles: chosen.value, expert_zones: expert.value })) onDone();
  };
  return html`<form class="roles" onSubmit=${save}><${Roles} chosen=${chosen} expert=${expert} />
    <${Refusal} /><div class="together wrap">
    <button type="submit" class="press small strong"
      disabled=${chosen.value.length === 0}>${t("person.roles_save")}</button>
    <${Press} kind="small" onClick=${onDone}>${t("person.leave")}<//></div></form>`;
}

/** Who gives a PIN can sign in with it; those in charge decide about money by two. */
const mayReset = (person) => isAdmin() || !person.roles.includes("supervisor");

/** PIN and disabling end a login, so each asks once more; nobody does it to themselves and is locked out. */
function Acts({ person }) {
  const asked = useSignal(null);
  const leave = () => { asked.value = null; };
  if (person.id === session.value.person.id) return html`<span class="quiet">${t("person.you")}</span>`;
  if (!isAdmin() && person.roles.some((role) => ADMIN_ONLY.includes(role))) {
    return html`<span class="quiet">${t("person.admin_only")}</span>`;
  }
  const name = html`<span class="unseen"> ${say(person.names)}</span>`;
  const ask = (act) => html`<${Press} kind="small" onClick=${() => {
    refusal.value = "";
    asked.value = act;
  }}>${t(`person.${act}`)}${name}<//>`;
  const go = async () => {
    if (await change(person, asked.value === "reset" ? { reset_pin: true } : { disabled: true })) leave();
  };
  if (asked.value === "roles") return html`<${ChangeRoles} person=${person} onDone=${leave} />`;
  if (asked.value) return html`<div class="together wrap"><${Press} kind="small danger" onClick=${go}>
      ${t(`person.${asked.value}_sure`)}${name}<//>
    <${Press} kind="small" onClick=${leave}>${t("person.leave")}<//></div><${Refusal} />`;
  return html`<div class="together wrap">${ask("roles")}${mayReset(person) && ask("reset")}${person.disabled
    ? html`<${Press} kind="small" onClick=${() => change(person, { disabled: false })}>
      ${t("person.enable")}${name}<//>` : ask("disable")}</div>`;
}

function Row({ person }) {
  const isLocked = person.pin_locked_until && Date.parse(person.pin_locked_until) > Date.now();
  return html`<tr class=${person.disabled ? "disabled" : ""} data-badge=${person.badge}>
    <th scope="row">${say(person.names)}<span class="quiet"> ${person.badge}</span></th>
    <td data-label=${t("add.roles")}>${person.roles.map((role) => t(`role.${role}`)).join(" · ")}
      ${person.expert_zones.length > 0 && html`<span class="quiet"> ${t("person.expert",
        { zones: person.expert_zones.map((zone) => t(`zone.${zone}`)).join(", ") })}</span>`}</td>
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
