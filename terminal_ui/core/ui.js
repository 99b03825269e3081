// ui: the few controls all screens share. Every button can also be pressed by scanning its command barcode.
// Exports:
//   Button({command?, kind?: "primary" | "danger" | "plain", onClick, disabled?, icon?, children, …})
//   pressCommand(value) → true when a visible, enabled button has this command (scan of CMD-<value>)
//   Icon({name})
//   Field({label, value: signal, …})   a labelled input
//   StatusLine(), Screen({title, back?, actions, children})
import { html } from "./view.js";
import { t } from "./i18n.js";
import { online } from "./live.js";
import { queued } from "./outbox.js";

const pressable = new Map();

export function pressCommand(value) {
  const element = pressable.get(value);
  if (!element?.isConnected || element.disabled) return false;
  element.click();
  return true;
}

const registering = (command) => (element) => {
  if (element) pressable.set(command, element);
};

export function Button({ command, kind = "plain", icon, children, ...rest }) {
  return html`<button type="button" ...${rest} class="button ${kind} ${rest.class ?? ""}"
    ref=${command && registering(command)} data-command=${command}>
    ${icon && html`<${Icon} name=${icon} />`}<span>${children}</span></button>`;
}

const SHAPES = {
  right: "M4 13l6 6L21 6", wrong: "M5 5l14 14M19 5L5 19", duplicate: "M4 12a8 8 0 1 0 3-6M4 3v5h5",
  unknown: "M8 8a4 4 0 1 1 6 3.5c-1.5 1-2 1.5-2 3.5M12 19.5v.5",
  back: "M15 4l-8 8 8 8", menu: "M4 6h16M4 12h16M4 18h16", list: "M8 6h13M8 12h13M8 18h13M3 6h.1M3 12h.1M3 18h.1",
  undo: "M4 9h11a5 5 0 0 1 0 10H8M4 9l5-5M4 9l5 5", skip: "M4 5l9 7-9 7zM19 5v14", search: "M10 4a6 6 0 1 0 .1 0M15 15l6 6",
  alert: "M12 3l10 18H2zM12 9v6M12 18v.1", tote: "M3 8h18l-2 12H5zM8 8V5h8v3", pin: "M12 21s7-7 7-12a7 7 0 0 0-14 0c0 5 7 12 7 12zM12 9v.1",
  keyboard: "M2 6h20v12H2zM6 10h.1M10 10h.1M14 10h.1M18 10h.1M7 14h10", clock: "M12 3a9 9 0 1 0 .1 0M12 7v5l4 2",
  camera: "M3 7h4l2-3h6l2 3h4v13H3zM12 9.5a4 4 0 1 0 .1 0",
  lock: "M5 11h14v10H5zM8 11V7a4 4 0 0 1 8 0v4", scan: "M3 7V3h4M17 3h4v4M21 17v4h-4M7 21H3v-4M7 8v8M11 8v8M14 8v8M17 8v8",
};

export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${SHAPES[name]} fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round"
      stroke-linejoin="round" /></svg>`;
}

export function Field({ label, value, ...rest }) {
  return html`<label class="field"><span>${label}</span>
    <input ...${rest} value=${value.value} onInput=${(event) => { value.value = event.currentTarget.value; }} /></label>`;
}

export function StatusLine() {
  const state = online.value ? "online" : "offline";
  return html`<span class="status ${state}" data-queued=${queued.value}><i aria-hidden="true"></i>${t(`status.${state}`)}
    ${queued.value > 0 && html`<b> · ${t("status.queued", { n: queued.value })}</b>`}</span>`;
}

/** Its body may be longer than the screen and hold nothing to press: it takes focus so that keys can scroll it. */
export function Screen({ title, back, children, actions, ...rest }) {
  return html`<main class="screen" ...${rest}>
    ${title && html`<header class="screen-head">${back && html`<${Button} class="icon-only" aria-label=${t("back")}
      command="BACK" onClick=${back}><${Icon} name="back" /></${Button}>`}<h1>${title}</h1></header>`}
    <div class="screen-body" tabindex="0">${children}</div>
    ${actions && html`<div class="actions">${actions}</div>`}
  </main>`;
}
