// The page as an installed app: when the server cannot be reached at all, says so instead of leaving the reader
// with the browser's error. Nothing else is kept: what is shown always comes from the server.
const kept = "offline-1";
const files = ["/offline.html", "/offline.js"];

self.addEventListener("install", (event) => {
	event.waitUntil(caches.open(kept).then((cache) => cache.addAll(files)));
	self.skipWaiting();
});

self.addEventListener("activate", (event) => {
	const old = (names) => Promise.all(names.filter((name) => name !== kept).map((name) => caches.delete(name)));
	event.waitUntil(caches.keys().then(old));
});

// A message of the system leads to what it is about, in the page that is open or in a new one.
self.addEventListener("notificationclick", (event) => {
	event.notification.close();
	event.waitUntil(show(event.notification.data));
});

async function show(address) {
	const [page] = await clients.matchAll({ type: "window", includeUncontrolled: true });
	if (!page) return clients.openWindow(`/${address}`);
	page.postMessage({ go: address });
	return page.focus();
}

self.addEventListener("fetch", (event) => {
	const { pathname } = new URL(event.request.url);
	if (files.includes(pathname)) event.respondWith(fetch(event.request).catch(() => caches.match(pathname)));
	else if (event.request.mode === "navigate")
		event.respondWith(fetch(event.request).catch(() => caches.match("/offline.html")));
});
