// devices: on what people work: enrolment codes, unlocking, losing one. Exports: Devices()
import { call } from "../core/api.js";
import { now } from "../core/clock.js";
import { t } from "../core/i18n.js";
import { html, useEffect, useSignal } from "../core/view.js";
import { Panel, Press } from "../desk/parts.js";
import { attempt, storeId } from "./state.js";

const HOUR_MS = 3_600_000;

const hoursUntil = (text) => Math.max(0, Math.round((Date.parse(text) - now()) / HOUR_MS));

export function Devices() {
  const devices = useSignal([]), code = useSignal(null), losing = useSignal(null);
  const load = async () => {
    devices.value = (await call("GET", `/staff/devices?store_id=${storeId()}`)).devices;
  };
  useEffect(() => { attempt(load); }, []);
  const issue = () => attempt(async () => {
    code.value = await call("POST", "/staff/enrolment-codes", { store_id: storeId() });
  });
  const lose = (device) => attempt(async () => {
    await call("DELETE", `/staff/devices/${device.id}?store_id=${storeId()}`);
    losing.value = null;
    await load();
  });
  const unlock = (device) => attempt(async () => {
    await call("POST", `/staff/devices/${device.id}/unlock`, { store_id: storeId() });
    await load();
  });
  return html`<${Panel} title=${t("devices.title")} count=${devices.value.length}>
    ${code.value ? html`<div class="new-pin"><p>${t("devices.scan")}</p>
        <img src=${`/ui/codes/enrol/${code.value.code}.svg`} alt=${t("devices.qr")} width="180"
          height="180" />
        <p class="code">${code.value.code}</p><p class="quiet">${t("devices.until",
          { n: hoursUntil(code.value.expires_at) })}</p>
        <${Press} onClick=${() => { code.value = null; attempt(load); }}>${t("devices.done")}<//></div>`
      : html`<${Press} kind="strong" onClick=${issue}>${t("devices.code")}<//>`}
    <ul class="devices">${devices.value.map((device) => html`<li key=${device.id}>
      <span class="grow"><b>${device.name}</b> <span class="quiet">${t(`device.${device.kind}`)}</span></span>
      ${device.pin_locked_until && html`<${Press} kind="small"
        onClick=${() => unlock(device)}>${t("devices.unlock")}<//>`}
      ${losing.value === device.id ? html`<${Press} kind="small danger"
        onClick=${() => lose(device)}>${t("devices.sure")}<//>`
        : html`<${Press} kind="small" onClick=${() => { losing.value = device.id; }}>${t("devices.lost")}
          <span class="unseen"> ${device.name}</span><//>`}</li>`)}</ul><//>`;
}
