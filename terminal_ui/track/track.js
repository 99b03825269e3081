// track: renews the tracking page when something happens, sends answers without leaving it, and counts down.
//   The server writes the page; this only fetches it anew.
const RETRY_MS = 5000, TICK_MS = 1000, WAIT_MS = 10_000;
const { token } = document.querySelector("script[data-token]").dataset;
let fetching = false, isStale = false, answers = 0, shown = document.querySelector("main").textContent;

const standing = (main) => ({ at: Date.parse(main.dataset.at), since: performance.now() });
let base = standing(document.querySelector("main"));
const page = (answer) => answer.text().then((text) => new DOMParser().parseFromString(text, "text/html"));

async function renew() {
  isStale = true;
  if (fetching || document.hidden) return;
  fetching = true;
  try {
    while (isStale) {
      isStale = false;
      const before = answers;
      const answer = await fetch(location.pathname + location.search,
        { cache: "no-store", signal: AbortSignal.timeout(WAIT_MS) });
      const fresh = await page(answer);
      // What an answer given meanwhile has shown is newer.
      if (answer.ok && before === answers) show(fresh);
    }
  } catch {
    setTimeout(renew, RETRY_MS);
  } finally {
    fetching = false;
  }
}

/** A choice that was made here but not sent yet stays made; what the page itself had chosen does not. */
function keepChoices(was, is) {
  for (const { value, defaultChecked } of was.querySelectorAll("input[name=sku]:checked")) {
    const same = is.querySelector(`input[name=sku][value="${CSS.escape(value)}"]`);
    if (same && !defaultChecked) same.checked = true;
  }
}

/** Where to pay is a form until the channel has said where, and a link then. */
const markOf = (one) => one.closest(".pay-extra") ? "pay"
  : [one.tagName, one.name, one.value, one.form?.action, one.textContent.trim()].join("|");

function focusOn(one) {
  if (one.matches("h1, h2, p")) one.tabIndex = -1;
  one.focus({ preventScroll: true });
}

/** Who was somewhere on the page that goes is at the same place of the page that comes. */
function keepFocus(mark, is) {
  const same = [...is.querySelectorAll("a, button, input, h1, h2")].find((one) => markOf(one) === mark);
  if (same) focusOn(same);
}

const NEXT = [".pay-extra .button", ".problem", ".ask h2", "h1"];

/** After an answer: where it is paid, why it did not count, or what stands next on the page. */
function lead(main) {
  const next = NEXT.map((one) => main.querySelector(one)).find(Boolean);
  focusOn(next);
  (next.closest(".pay-extra") ?? next).scrollIntoView({ block: "center" });
}

function show(fresh) {
  const [was, is] = [document.querySelector("main"), fresh.querySelector("main")];
  if (shown === is.textContent) return;
  shown = is.textContent;
  const active = document.activeElement, mark = was.contains(active) ? markOf(active) : null;
  keepChoices(was, is);
  was.replaceWith(is);
  if (mark !== null) keepFocus(mark, is);
  base = standing(is);
  count();
  const asks = (main) => main.querySelector(".ask") !== null;
  if (was.dataset.step === is.dataset.step && asks(was) === asks(is)) return;
  document.getElementById("said").textContent = is.querySelector(asks(is) ? ".ask h2" : "h1").textContent;
}

function count() {
  // The device's own clock may be wrong: what counts is the server's, and how long the page has stood.
  const now = base.at + performance.now() - base.since;
  for (const ask of document.querySelectorAll(".ask")) {
    const seconds = Math.max(0, Math.round((Date.parse(ask.dataset.deadline) - now) / TICK_MS));
    ask.querySelector(".left").textContent =
      `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!form.closest(".ask") || form.dataset.plain) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, submitter));
  submitter.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout(WAIT_MS) });
    const fresh = await page(answer);
    answers += 1;
    shown = "";
    show(fresh);
    lead(document.querySelector("main"));
  } catch {
    // The browser tries in its own way, and says in its own words why it cannot.
    submitter.disabled = false;
    form.dataset.plain = "yes";
    form.requestSubmit(submitter);
  }
});

count();
setInterval(count, TICK_MS);

const { io } = await import("socket.io-client");
const socket = io("/track", { transports: ["websocket"], auth: { token }, reconnectionDelayMax: 10_000 });
socket.on("changed", renew);
// What happened before the line was up, or while it was down, is on the page after the next look.
socket.on("connect", () => {
  document.documentElement.dataset.live = "yes";
  renew();
});
document.addEventListener("visibilitychange", renew);
