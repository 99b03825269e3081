// view: the three names every screen needs from the vendored libraries, bound together once.
// Exports: html (tagged template → Preact vnode), render, signal, computed, effect, batch,
//          useSignal, useComputed, useEffect, useRef, useState.
import { h, render } from "preact";
import htm from "htm";

export { render };
export { signal, computed, effect, batch, useSignal, useComputed } from "@preact/signals";
export { useEffect, useRef, useState } from "preact/hooks";
export const html = htm.bind(h);
