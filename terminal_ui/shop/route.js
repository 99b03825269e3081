// route: which view is shown, from the address after `#`. Exports: route (signal {name, id}), go(path)
import { effect, signal } from "../core/view.js";

const parse = () => {
  const [name, id] = location.hash.replace(/^#\/?/, "").split("/");
  return { name: name || "home", id: id ?? null };
};

export const route = signal(parse());
export const go = (path) => { location.hash = `/${path}`; };

window.addEventListener("hashchange", () => { route.value = parse(); });

let shown = route.peek();
effect(() => {
  if (route.value === shown) return;
  shown = route.value;
  // A new view begins at its top, for eyes and for screen readers.
  setTimeout(() => {
    window.scrollTo(0, 0);
    const heading = document.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
  });
});
