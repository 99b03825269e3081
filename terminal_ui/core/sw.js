// Service worker: the screens start without network. BUILD {version, shells, assets} stands before this text.
// Shells and assets come from this version's cache; product pictures are kept as they are seen; the API is never touched.
const PICTURES = "pictures";
const PICTURES_MAX = 1500;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(BUILD.version).then((cache) => cache.addAll([...BUILD.shells, ...BUILD.assets]))
    .then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    // An open page of the version before may still fetch a module of its own: its cache stays one update longer.
    const versions = (await caches.keys()).filter((name) => name.startsWith("v-") && name !== BUILD.version);
    await Promise.all(versions.slice(0, -1).map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

async function cachedPicture(request) {
  const cache = await caches.open(PICTURES);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    await cache.put(request, answer.clone());
    const keys = await cache.keys();
    if (keys.length > PICTURES_MAX) await cache.delete(keys[0]);
  }
  return answer;
}

async function cachedShell(path) {
  const kept = await (await caches.open(BUILD.version)).match(path);
  return kept ?? fetch(path);
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && BUILD.shells.includes(url.pathname)) {
    event.respondWith(cachedShell(url.pathname));
  } else if (url.pathname.startsWith("/ui/pictures/")) {
    event.respondWith(cachedPicture(event.request));
  } else if (url.pathname.startsWith("/ui/")) {
    event.respondWith(caches.match(event.request).then((kept) => kept ?? fetch(event.request)));
  }
});
