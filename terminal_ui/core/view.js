// view: what screens need from the vendored libraries, bound together once.
// Exports: html (tagged template → Preact vnode), render, signal, computed, effect, batch,
//          useSignal, useEffect, useLayoutEffect (moves the focus: before the next key is heard), useRef
import { h, render } from "preact";
import htm from "htm";

export { render };
export { signal, computed, effect, batch, useSignal } from "@preact/signals";
export { useEffect, useLayoutEffect, useRef } from "preact/hooks";
export const html = htm.bind(h);
