// The service worker: an app of a telephone opens also where there is no connection, and says so. Nothing that belongs
// to a person is ever kept: pages, photos and results come from the marketplace each time. VERSION and FILES are set by
// the portal, above.

const CACHE = `vision-${VERSION}`;
const OFFLINE = "/offline";

self.addEventListener("install", (event) => {
  const requests = [OFFLINE, ...FILES].map((url) => new Request(url, { cache: "reload", credentials: "omit" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("vision-") && name !== CACHE;
  const clear = caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))));
  event.waitUntil(clear.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE).then((page) => page ?? Response.error())));
  } else if (FILES.includes(url.pathname + url.search)) {
    // Its address changes with its content.
    event.respondWith(caches.match(request).then((known) => known ?? fetch(request)));
  }
});
