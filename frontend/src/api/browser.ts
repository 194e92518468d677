// The stream's surroundings in a browser, and the moments at which it should look after itself.
import type { Stream, Surroundings } from "./stream";

// A server on this machine is there without any network.
const local = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);

export const browser: Surroundings = {
	connect: () => new WebSocket(new URL("/api/stream", location.href.replace(/^http/, "ws"))),
	now: () => Date.now(),
	random: () => Math.random(),
	after: (ms, callback) => {
		const timer = setTimeout(callback, ms);
		return () => clearTimeout(timer);
	},
	online: () => local || navigator.onLine,
};

/** Wakes the stream when the page or the network comes back; the result stops that. */
export function attend(stream: Stream): () => void {
	const visible = () => document.visibilityState === "visible" && stream.wake();
	const online = () => stream.wake();
	const offline = () => browser.online() || stream.sleep();
	document.addEventListener("visibilitychange", visible);
	window.addEventListener("online", online);
	window.addEventListener("offline", offline);
	return () => {
		document.removeEventListener("visibilitychange", visible);
		window.removeEventListener("online", online);
		window.removeEventListener("offline", offline);
	};
}
