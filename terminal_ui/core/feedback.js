// feedback: the four outcomes of a scan, each by colour, icon, border pattern, words, tone and vibration.
// Exports:
//   outcome               signal, {kind: "right" | "wrong" | "unknown" | "duplicate", title, detail} or null
//   tell(kind, title, detail?)   shows, sounds and vibrates; the next scan or tap replaces it, nothing to dismiss
//   quiet()               takes the band away
//   unlockSound()         inside a tap: browsers let sound begin only there
//   chime()               the call of a new offer
//   OutcomeBand()         the component that shows it
import { html, signal } from "./view.js";
import { Icon } from "./ui.js";
import { t } from "./i18n.js";

// [start ms, length ms, Hz from, Hz to]
const TONES = {
  right: [[0, 90, 1320, 1320]],
  wrong: [[0, 350, 220, 220]],
  unknown: [[0, 260, 440, 330]],
  duplicate: [[0, 80, 880, 880], [130, 80, 880, 880]],
  offer: [[0, 160, 660, 660], [200, 160, 880, 880], [400, 260, 1100, 1100]],
};
const VIBRATIONS = { right: [40], wrong: [250, 80, 250], unknown: [120, 60, 120], duplicate: [40, 60, 40],
  offer: [300, 120, 300] };

export const outcome = signal(null);
let sound = null;

export function unlockSound() {
  sound ??= new AudioContext();
  sound.resume();
}
// After a reload there is no Start tap: the first touch or scanner key unlocks it just as well.
for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, unlockSound, { once: true });

function play(tones) {
  if (sound?.state !== "running") return;
  for (const [start, length, from, to] of tones) {
    const begin = sound.currentTime + start / 1000, end = begin + length / 1000;
    const oscillator = sound.createOscillator(), volume = sound.createGain();
    oscillator.type = "square";
    oscillator.frequency.setValueAtTime(from, begin);
    oscillator.frequency.linearRampToValueAtTime(to, end);
    volume.gain.setValueAtTime(0.25, begin);
    volume.gain.linearRampToValueAtTime(0.0001, end);
    oscillator.connect(volume).connect(sound.destination);
    oscillator.start(begin);
    oscillator.stop(end);
  }
}

function signalWith(kind) {
  play(TONES[kind]);
  if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(VIBRATIONS[kind]);
}

export function tell(kind, title, detail = "") {
  outcome.value = { kind, title, detail };
  signalWith(kind);
}

export function quiet() { outcome.value = null; }

// Before the button's own handler, which may tell something new.
document.addEventListener("click", (event) => { if (event.target.closest("button, a")) quiet(); },
  { capture: true });

export const chime = () => signalWith("offer");

export function OutcomeBand() {
  const shown = outcome.value;
  return html`<div class="outcome-place" role="status" aria-live="assertive">${shown && html`
    <div class="outcome ${shown.kind}">
      <${Icon} name=${shown.kind} />
      <div><strong>${shown.title || t(`outcome.${shown.kind}`)}</strong>
        ${shown.detail && html`<span>${shown.detail}</span>`}</div>
    </div>`}</div>`;
}
