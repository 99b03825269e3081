// member: signing in with a phone number and the code sent to it. Exports: Member()
import { t } from "../core/i18n.js";
import { html, useSignal } from "../core/view.js";
import { asOwner, member, sendCode, signIn, signOut } from "./account.js";
import { Back, PHONE } from "./parts.js";
import { go } from "./route.js";
import { explain, loadCart, store, takeCart } from "./state.js";

async function enter(phone, code) {
  const guestToken = await signIn(phone, code);
  await loadCart();
  if (guestToken) {
    takeCart(await asOwner("POST", `/stores/${store.value.id}/carts/online/merge`,
      { guest_token: guestToken }));
  }
  go("");
}

function SignIn() {
  const phone = useSignal(""), code = useSignal(""), isSent = useSignal(false), refusal = useSignal("");
  const submit = async (event) => {
    event.preventDefault();
    refusal.value = "";
    try {
      if (isSent.value) await enter(phone.value, code.value);
      else await sendCode(phone.value);
      isSent.value = true;
    } catch (error) {
      refusal.value = explain(error);
    }
  };
  const typePhone = (event) => {
    phone.value = event.currentTarget.value;
    isSent.value = false;
  };
  return html`<form onSubmit=${submit}><p>${t("member.lead")}</p>
    <label class="field"><span>${t("contact.phone")}</span><input name="phone" type="tel"
      autocomplete="tel" required maxlength="32" pattern=${PHONE} title=${t("refused.wrong_phone")}
      value=${phone.value} onInput=${typePhone} /></label>
    ${isSent.value && html`<label class="field"><span>${t("member.code")}</span><input name="code"
      inputmode="numeric"
      autocomplete="one-time-code" required value=${code.value}
      onInput=${(event) => { code.value = event.currentTarget.value; }} /></label>`}
    <p class="refusal" role="alert">${refusal.value}</p>
    <button type="submit" class="button primary wide">${t(isSent.value ? "member.enter"
      : "member.send")}</button></form>`;
}

export function Member() {
  const leave = async () => {
    await signOut().catch(() => {});
    await loadCart();
  };
  return html`<section class="view narrow"><${Back} title=${t("member.title")} />
    ${member.value ? html`<p>${t("member.is", { phone: member.value.phone })}</p>
      <button type="button" class="button wide" onClick=${leave}>${t("member.leave")}</button>`
        : html`<${SignIn} />`}</section>`;
}
