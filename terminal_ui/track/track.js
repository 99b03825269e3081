// track: renews the tracking page when something happens. The server writes the page; this only fetches it
//   anew.
const RETRY_MS = 5000;
const { token } = document.querySelector("script[data-token]").dataset;
let fetching = false, isStale = false;

async function renew() {
  isStale = true;
  if (fetching || document.hidden) return;
  fetching = true;
  try {
    while (isStale) {
      isStale = false;
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(10_000) });
      if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
  } catch {
    setTimeout(renew, RETRY_MS);
  } finally {
    fetching = false;
  }
}

function show(fresh) {
  const [was, is] = [document.querySelector("main"), fresh.querySelector("main")];
  if (was.textContent === is.textContent) return;
  was.replaceWith(is);
  if (was.dataset.step === is.dataset.step) return;
  document.getElementById("said").textContent = is.querySelector("h1").textContent;
}

const { io } = await import("socket.io-client");
const socket = io("/track", { transports: ["websocket"], auth: { token }, reconnectionDelayMax: 10_000 });
socket.on("changed", renew);
// What happened before the line was up, or while it was down, is on the page after the next look.
socket.on("connect", () => {
  document.documentElement.dataset.live = "yes";
  renew();
});
document.addEventListener("visibilitychange", renew);
