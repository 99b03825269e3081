// scanner: reads a keyboard-wedge barcode scanner on both of its paths and never drops a scan.
// Exports: startScanner(onScan) → {stop(), field, give(code)}
//   onScan(code) may return a promise; codes are handed over one after the other, in the order they were read.
//   give(code) enters a code by other means (typed, camera) into the same queue.
// Paths: keydown characters, and text committed into a hidden focused field by an input method (key 229, no keydown).
// Enter or Tab ends a code at any speed. Silence of 120 ms ends it only when every gap was ≤ 45 ms, so that people and
// slow scanners are not cut in two. Nothing is captured while a real input has focus. Same code within 300 ms: one read.

const SILENCE_MS = 120;
const SCANNER_GAP_MS = 45;
const REPEAT_MS = 300;
const ABANDONED_MS = 2000;
// A lone stray key has no gaps to judge it by; no code of the trade is this short.
const SHORTEST_WITHOUT_END = 4;
const GROUP_SEPARATOR = "\u001d";

const isRealInput = (element, field) => element && element !== field &&
  (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));

function hiddenField() {
  const field = document.createElement("input");
  field.className = "scan-field";
  field.setAttribute("inputmode", "none");
  field.setAttribute("autocomplete", "off");
  field.setAttribute("aria-label", "scan");
  field.tabIndex = -1;
  // In a region of its own: whoever hears the page must find every part of it in some region.
  const region = document.createElement("section");
  region.setAttribute("aria-label", "scan");
  region.append(field);
  document.body.append(region);
  return field;
}

/** Collects characters into codes; times come from the events, so that a busy page does not distort them. */
function collector(emit) {
  let text = "", fast = true, last = 0, timer = 0;
  const end = () => {
    clearTimeout(timer);
    const code = text;
    text = "";
    if (code) emit(code, last);
    return code !== "";
  };
  const silence = () => { if (fast && text.length >= SHORTEST_WITHOUT_END) end(); };
  const add = (characters, at) => {
    if (text && at - last > ABANDONED_MS) text = "";
    fast = text === "" || (fast && at - last <= SCANNER_GAP_MS);
    text += characters;
    last = at;
    clearTimeout(timer);
    timer = setTimeout(silence, SILENCE_MS);
  };
  return { add, end, busy: () => text !== "" };
}

function queue(onScan) {
  let tail = Promise.resolve(), lastCode = "", lastAt = -Infinity;
  return (code, at) => {
    if (code === lastCode && at - lastAt < REPEAT_MS) return;
    [lastCode, lastAt] = [code, at];
    // A handler that fails must not stop the scans behind it; the page's error handler still hears of it.
    tail = tail.then(() => onScan(code)).catch((error) => { reportError(error); });
  };
}

function wedgeCharacter(event) {
  if (event.ctrlKey && (event.key === "]" || event.code === "BracketRight")) return GROUP_SEPARATOR;
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return "";
  return event.key.length === 1 ? event.key : "";
}

export function startScanner(onScan) {
  const emit = queue(onScan);
  const reading = collector(emit);
  const field = hiddenField();
  const listening = new AbortController();
  const on = (target, type, handler) =>
    target.addEventListener(type, handler, { capture: true, signal: listening.signal });

  on(document, "keydown", (event) => {
    if (isRealInput(document.activeElement, field)) return;
    if (event.key === "Enter" || event.key === "Tab") {
      takeField(event.timeStamp);
      // With nothing collected, Enter presses the focused button and Tab moves on, as everywhere.
      if (reading.end()) event.preventDefault();
      return;
    }
    const character = wedgeCharacter(event);
    const pressesButton = event.key === " " && !reading.busy();
    if (!character || pressesButton) return;
    event.preventDefault();
    reading.add(character, event.timeStamp);
  });

  function takeField(at) {
    const parts = field.value.split(/[\r\n\t]/);
    field.value = "";
    parts.forEach((part, index) => {
      if (part) reading.add(part, at);
      if (index < parts.length - 1) reading.end();
    });
  }
  on(field, "input", (event) => { if (!event.isComposing) takeField(event.timeStamp); });
  on(field, "compositionend", (event) => takeField(event.timeStamp));

  // The field must be focused to receive committed text, yet never takes focus from a person's own input or Tab walk.
  const focusField = () => {
    if (!isRealInput(document.activeElement, field)) field.focus({ preventScroll: true });
  };
  const whenIdle = () => queueMicrotask(() => { if (document.activeElement === document.body) focusField(); });
  on(document, "click", (event) => { if (event.detail > 0) setTimeout(focusField); });
  on(document, "focusout", () => setTimeout(whenIdle));
  on(document, "visibilitychange", () => { if (!document.hidden) whenIdle(); });
  whenIdle();

  return {
    field,
    give: (code) => emit(code, performance.now()),
    focus: focusField,
    stop: () => { listening.abort(); field.parentElement.remove(); },
  };
}
