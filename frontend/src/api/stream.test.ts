import { beforeEach, describe, expect, test } from "vitest";
import { backoff } from "./backoff";
import { type Connection, doubt, Stream, silence } from "./stream";
import type { ServerFrame } from "./wire";

/** A socket whose other end is the test. */
class FakeSocket {
	onopen: (() => void) | null = null;
	onmessage: ((event: { data: unknown }) => void) | null = null;
	onclose: (() => void) | null = null;
	closed = false;
	sent: unknown[] = [];
	send(text: string) {
		this.sent.push(JSON.parse(text));
	}
	close() {
		this.closed = true;
	}
}

let time: number;
let online: boolean;
let sockets: FakeSocket[];
let timers: { at: number; run: () => void }[];
let connections: Connection[];
let frames: ServerFrame[];
let refused: number;
let stream: Stream;

beforeEach(() => {
	[time, online, sockets, timers, connections, frames, refused] = [0, true, [], [], [], [], 0];
	const around = {
		connect: () => {
			const socket = new FakeSocket();
			sockets.push(socket);
			return socket as unknown as WebSocket;
		},
		now: () => time,
		random: () => 0,
		after: (ms: number, run: () => void) => {
			const timer = { at: time + ms, run };
			timers.push(timer);
			return () => {
				timers = timers.filter((t) => t !== timer);
			};
		},
		online: () => online,
	};
	stream = new Stream(around, {
		frame: (f) => frames.push(f),
		connection: (c) => connections.push(c),
		refused: () => refused++,
	});
	stream.start();
});

const socket = () => sockets.at(-1)!;
const state = () => connections.at(-1)?.state;
const say = (frame: object) => socket().onmessage?.({ data: JSON.stringify(frame) });

/** Lets time pass, timer by timer. */
function pass(ms: number): void {
	const until = time + ms;
	for (;;) {
		const next = timers.filter((t) => t.at <= until).sort((a, b) => a.at - b.at)[0];
		if (!next) break;
		timers = timers.filter((t) => t !== next);
		time = next.at;
		next.run();
	}
	time = until;
}

function lose(): void {
	const lost = socket();
	lost.onclose?.();
}

test("watched workspaces are asked for again at every connection", () => {
	stream.watchFiles("shop");
	expect(socket().sent).toEqual([]);
	socket().onopen?.();
	expect(socket().sent).toEqual([{ type: "watch", workspace: "shop" }]);
	stream.watchFiles("notes");
	stream.unwatchFiles("shop");
	expect(socket().sent.slice(1)).toEqual([
		{ type: "watch", workspace: "notes" },
		{ type: "unwatch", workspace: "shop" },
	]);
	lose();
	pass(60_000);
	socket().onopen?.();
	expect(socket().sent).toEqual([{ type: "watch", workspace: "notes" }]);
});

describe("subscriptions", () => {
	test("are sent when the connection opens, and at once when it is open", () => {
		stream.subscribe("a", () => 7);
		expect(socket().sent).toEqual([]);
		socket().onopen?.();
		stream.subscribe("b", () => 0);
		stream.unsubscribe("b");
		expect(socket().sent).toEqual([
			{ type: "subscribe", session: "a", after: 7 },
			{ type: "subscribe", session: "b", after: 0 },
			{ type: "unsubscribe", session: "b" },
		]);
	});

	test("go on after a reconnect from the last event there is", () => {
		let last = 3;
		stream.subscribe("a", () => last);
		socket().onopen?.();
		last = 12;
		lose();
		pass(60_000);
		socket().onopen?.();
		expect(socket().sent).toEqual([{ type: "subscribe", session: "a", after: 12 }]);
		expect(state()).toBe("live");
	});
});

describe("reconnecting", () => {
	test("tells when, waits longer each time, and begins anew once something was heard", () => {
		socket().onopen?.();
		const waits: number[] = [];
		for (let i = 0; i < 8; i++) {
			lose();
			const c = connections.at(-1);
			if (c?.state !== "reconnecting") throw new Error(`state ${c?.state}`);
			waits.push(c.at - time);
			pass(c.at - time);
		}
		expect(waits).toEqual([250, 500, 1000, 2000, 4000, 7500, 7500, 7500]);
		socket().onopen?.();
		say({ type: "sessions", sessions: [] });
		lose();
		expect(connections.at(-1)).toEqual({ state: "reconnecting", at: time + 250, reason: undefined });
	});

	test("does not wait any longer once the server has answered elsewhere, yet never in a loop", () => {
		socket().onopen?.();
		stream.hurry();
		expect(sockets).toHaveLength(1);
		lose();
		stream.hurry();
		expect(sockets).toHaveLength(2);
		stream.hurry(); // an attempt is under way
		lose();
		stream.hurry();
		expect(sockets).toHaveLength(2);
		pass(60_000);
		lose();
		const { length } = sockets;
		stream.hurry();
		expect(sockets).toHaveLength(length + 1);
		expect(timers).toHaveLength(1);
	});

	test("asks who we are when an attempt fails before it opens", () => {
		lose();
		expect(refused).toBe(1);
		pass(60_000);
		socket().onopen?.();
		lose();
		expect(refused).toBe(1);
	});

	test("gives the server's reason for leaving, once", () => {
		socket().onopen?.();
		say({ type: "bye", reason: "a new version is being installed" });
		lose();
		expect(connections.at(-1)).toMatchObject({ reason: "a new version is being installed" });
		pass(1000);
		lose();
		expect(connections.at(-1)).toMatchObject({ reason: undefined });
	});
});

describe("a connection that has died silently", () => {
	test("is replaced after a long silence", () => {
		socket().onopen?.();
		pass(silence - 1000);
		say({ type: "workspaces", workspaces: [] });
		pass(silence - 1);
		expect(sockets).toHaveLength(1);
		pass(1);
		expect(sockets).toHaveLength(2);
		expect(sockets[0]?.closed).toBe(true);
	});

	test("is replaced when the page comes back to the front, unless it was just heard", () => {
		socket().onopen?.();
		stream.wake();
		expect(sockets).toHaveLength(1);
		pass(doubt);
		stream.wake();
		expect(sockets).toHaveLength(2);
		expect(state()).toBe("reconnecting");
	});

	test("an attempt that never opens is given up", () => {
		pass(silence);
		expect(sockets).toHaveLength(2);
	});
});

describe("the network", () => {
	test("gone and back: connects at once, without old timers", () => {
		socket().onopen?.();
		online = false;
		stream.sleep();
		expect(state()).toBe("offline");
		pass(120_000);
		expect(sockets).toHaveLength(1);
		online = true;
		stream.wake();
		expect(sockets).toHaveLength(2);
	});

	test("a loss while offline waits for the network", () => {
		socket().onopen?.();
		online = false;
		lose();
		expect(state()).toBe("offline");
		expect(timers).toEqual([]);
	});
});

test("after stop nothing happens any more", () => {
	const old = socket();
	old.onopen?.();
	stream.stop();
	expect(old.closed).toBe(true);
	expect(timers).toEqual([]);
	expect(old.onmessage).toBeNull();
});

test("back-off doubles to its limit and is spread by chance", () => {
	expect([0, 1, 2, 10, 99].map((n) => backoff(n, 0.999999))).toEqual([500, 1000, 2000, 15_000, 15_000]);
	expect(backoff(0, 0)).toBe(250);
});
