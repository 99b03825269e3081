// following: what a page at a desk keeps up with for as long as somebody is signed in.
// Exports: followSession(begin)   calls begin() anew whenever another session begins; what it returns, if
//                                 anything, ends that again
import { session } from "../core/api.js";
import { effect } from "../core/view.js";

export function followSession(begin) {
  let stop = null, followed = null;
  effect(() => {
    const current = session.value?.session_id ?? null;
    if (current === followed) return;
    followed = current;
    stop?.();
    stop = current === null ? null : begin();
  });
}
