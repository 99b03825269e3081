// gate: the way in at a desk: enrolling this browser once, then badge and PIN.
// Exports: Enrol(), Login(), Forbidden(), Languages(), logOut()
import { call, device, session } from "../core/api.js";
import { locale, setLocale, t } from "../core/i18n.js";
import { effect, html, signal, useSignal } from "../core/view.js";
import { Refusal, Text, attempt, busy } from "./parts.js";

const submits = (request) => (event) => { event.preventDefault(); attempt(request); };

/** Whether the session that was here ended without being asked to: nobody shall wonder where their page is. */
const isCutOff = signal(false);
let had = session.peek() !== null, isLeaving = false;
effect(() => {
  const has = session.value !== null;
  if (has || had) isCutOff.value = !has && !isLeaving;
  if (has) isLeaving = false;
  had = has;
});

export const logOut = () => attempt(async () => {
  await call("DELETE", "/terminal/sessions");
  isLeaving = true;
  session.value = null;
});

function Gate({ title, lead, children, onSubmit }) {
  return html`<main class="gate"><span class="logo" aria-hidden="true">福</span><h1>${title}</h1>
    <p class="quiet">${lead}</p>
    <form onSubmit=${onSubmit}>${children}<${Refusal} /><button type="submit" class="press strong"
      disabled=${busy.value}>${t("login.go")}</button></form><${Languages} /></main>`;
}

export function Languages() {
  const other = locale.value === "en" ? "zh-CN" : "en";
  return html`<button type="button" class="press" lang=${other} onClick=${() => setLocale(other)}>
    ${other === "en" ? "English" : "中文"}</button>`;
}

export function Enrol() {
  const code = useSignal(""), name = useSignal(t("enrol.name_default"));
  const called = () => name.value.trim() || t("enrol.name_default");
  const enrol = async () => {
    const answer = await call("POST", "/terminal/devices",
      { enrolment_code: code.value.trim(), name: called(), kind: "board" });
    device.value = { key: answer.device_key, name: called() };
  };
  return html`<${Gate} title=${t("enrol.title")} lead=${t("enrol.lead")} onSubmit=${submits(enrol)}>
    <${Text} label=${t("enrol.code")} value=${code} name="enrolment" autocomplete="off" required />
    <${Text} label=${t("enrol.name")} value=${name} name="device" autocomplete="off" /><//>`;
}

export function Login() {
  const badge = useSignal(""), pin = useSignal("");
  const enter = async () => {
    session.value = await call("POST", "/terminal/sessions",
      { badge: badge.value.trim().replace(/^BADGE-/i, ""), pin: pin.value });
  };
  return html`<${Gate} title=${t("login.title")} lead=${t("login.lead")} onSubmit=${submits(enter)}>
    ${isCutOff.value && html`<p class="refusal" role="status">${t("login.cut_off")}</p>`}
    <${Text} label=${t("login.badge")} value=${badge} name="badge" autocomplete="off" required />
    <${Text} label=${t("login.pin")} value=${pin} name="pin" type="password" inputmode="numeric"
      autocomplete="off" required /><//>`;
}

export function Forbidden() {
  return html`<main class="gate"><h1>${t("forbidden.title")}</h1><p class="quiet">${t("forbidden.lead")}</p>
    <${Refusal} /><button type="button" class="press strong" onClick=${logOut}>${t("logout")}</button>
      </main>`;
}
