// selftest: what no emulator can prove: raw scanner events, sound, vibration, storage, socket of this very device.
import { html, render, signal } from "./view.js";
import { loadDictionaries, t } from "./i18n.js";
import { OutcomeBand, tell, unlockSound } from "./feedback.js";
import { setMeta, getMeta } from "./db.js";
import { device, session } from "./api.js";
import { parse } from "./parse.js";
import { connect, online } from "./live.js";
import { startScanner } from "./scanner.js";
import { scaleRules } from "./work.js";
import { Button, Screen } from "./ui.js";

const EVENTS_SHOWN = 14;
const events = signal([]), codes = signal([]), storage = signal("");

function note(event) {
  const text = event.type === "keydown" ? `${event.key} ${event.keyCode}` : JSON.stringify(event.data ?? "");
  events.value = [`${Math.round(event.timeStamp)} ${event.type} ${text}`, ...events.value].slice(0, EVENTS_SHOWN);
}

async function checkStorage() {
  const mark = String(Math.round(performance.now()));
  await setMeta("selftest", mark);
  const isKept = (await getMeta("selftest")) === mark;
  const { quota = 0, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  const isPersistent = (await navigator.storage?.persisted?.()) ?? false;
  storage.value = t("selftest.storage", { kept: isKept ? "✓" : "✗", persistent: isPersistent ? "✓" : "✗",
    mb: Math.round((quota - usage) / 1e6) });
}

function facts() {
  return [["HTTPS", window.isSecureContext], ["Service worker", Boolean(navigator.serviceWorker?.controller)],
    ["Web Locks", Boolean(navigator.locks)], ["Wake lock", "wakeLock" in navigator], ["Vibration", "vibrate" in navigator],
    ["BarcodeDetector", "BarcodeDetector" in window], [t("selftest.device"), Boolean(device.value)],
    [t("selftest.socket"), online.value]];
}

function SelfTest() {
  return html`<div class="app"><${OutcomeBand} /><${Screen} title=${t("selftest.title")} actions=${html`
      ${["right", "wrong", "unknown", "duplicate"].map((kind) => html`<${Button} key=${kind} class="narrow"
        onClick=${() => { unlockSound(); tell(kind, "", ""); }}>${t(`outcome.${kind}`)}<//>`)}`}>
    <p class="lead">${t("selftest.lead")}</p>
    <ul class="facts">${facts().map(([name, is]) => html`<li key=${name}>${is ? "✓" : "✗"} ${name}</li>`)}
      <li>${storage.value}</li></ul>
    <h2>${t("selftest.codes")}</h2><ol class="raw">${codes.value.map((line, at) => html`<li key=${at}>${line}</li>`)}</ol>
    <h2>${t("selftest.events")}</h2><ol class="raw">${events.value.map((line, at) => html`<li key=${at}>${line}</li>`)}</ol>
    <a class="button plain" href="/terminal"><span>${t("back")}</span></a><//></div>`;
}

await loadDictionaries(["core"]);
render(html`<${SelfTest} />`, document.getElementById("app"));
startScanner((code) => { codes.value = [JSON.stringify(parse(code, scaleRules.value)), ...codes.value].slice(0, 6); });
for (const type of ["keydown", "input", "compositionend"]) document.addEventListener(type, note, { capture: true });
checkStorage();
if (session.value) connect({ since: () => getMeta(`seq.${session.value.person.id}`), onEvent: () => {}, onReset: () => {} });
