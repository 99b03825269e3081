// contacts: who hears of the shop's alarms. Exports: Contacts()
import { call } from "../core/api.js";
import { t } from "../core/i18n.js";
import { html, useSignal } from "../core/view.js";
import { Panel, Press, Refusal, busy, refusal } from "../desk/parts.js";
import { Loaded } from "./parts.js";
import { act, storeId, useAnswer } from "./state.js";

const BETWEEN = /[\s,;，；]+/;

function Change({ contacts, onDone }) {
  const text = useSignal(contacts.join("\n"));
  const save = async (event) => {
    event.preventDefault();
    const wanted = text.value.split(BETWEEN).filter(Boolean);
    if (await act(() => call("PUT", "/alarm-contacts", { store_id: storeId(), contacts: wanted }),
      t("contacts.done"))) onDone();
  };
  return html`<form class="sure" onSubmit=${save}
      onKeyDown=${(event) => { if (event.key === "Escape") onDone(); }}>
    <label class="field"><span>${t("contacts.label")}</span><textarea name="contacts" rows="4"
      autocomplete="off" value=${text.value}
      onInput=${(event) => { text.value = event.currentTarget.value; }} /></label><${Refusal} />
    <div class="together wrap"><${Press} onClick=${onDone}>${t("sure.leave")}<//>
      <button type="submit" class="press strong" disabled=${busy.value}>${t("contacts.save")}</button></div>
    </form>`;
}

export function Contacts() {
  const asked = useAnswer(`/alarm-contacts?store_id=${storeId()}`), isOpen = useSignal(false);
  const toggle = () => { refusal.value = ""; isOpen.value = !isOpen.value; };
  return html`<${Panel} title=${t("contacts.title")}><${Loaded} of=${asked}>${({ contacts, own }) => html`
    <p>${contacts.length ? contacts.join(", ") : t("contacts.none")}</p>
    <p class="quiet">${t(own ? "contacts.own" : "contacts.settings")}</p>
    ${isOpen.value ? html`<${Change} contacts=${own ? contacts : []} onDone=${toggle} />`
      : html`<${Press} onClick=${toggle}>${t("contacts.change")}<//>`}`}<//><//>`;
}
