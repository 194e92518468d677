import { expect, test } from "vitest";
import { doubt } from "../api/stream";
import { ackBytes, inputBytes, type Socket, TerminalConnection, tooSlow } from "./connection";
import type { FromTerminal } from "./wire";

class FakeSocket implements Socket {
	onopen: WebSocket["onopen"] = null;
	onmessage: WebSocket["onmessage"] = null;
	onclose: WebSocket["onclose"] = null;
	binaryType: BinaryType = "blob";
	closed = false;
	/** The other end has begun to close. */
	closing = false;
	readonly sent: unknown[] = [];
	readonly offset: number | undefined;

	get readyState() {
		return this.closing || this.closed ? 2 : 1;
	}

	constructor(offset: number | undefined) {
		this.offset = offset;
	}
	send(data: unknown): void {
		this.sent.push(typeof data === "string" ? JSON.parse(data) : data);
	}
	close(): void {
		this.closed = true;
	}
	says(frame: FromTerminal | Uint8Array): void {
		const data = frame instanceof Uint8Array ? frame.slice().buffer : JSON.stringify(frame);
		this.onmessage?.call(this as unknown as WebSocket, { data } as MessageEvent);
	}
	ends(code = 1006): void {
		this.onclose?.call(this as unknown as WebSocket, { code } as CloseEvent);
	}
}

/** A terminal in front of a reader who has seen nothing yet. */
function setUp({ exists = true } = {}) {
	const sockets: FakeSocket[] = [];
	const said: unknown[][] = [];
	const bytes: number[] = [];
	const pending: (() => void)[] = [];
	let timer: (() => void) | undefined;
	let time = 0;
	const connection = new TerminalConnection(
		{
			connect: (offset) => {
				sockets.push(new FakeSocket(offset));
				return sockets.at(-1)!;
			},
			exists: () => Promise.resolve(exists),
			now: () => time,
			random: () => 0,
			after: (_, callback) => {
				timer = callback;
				return () => {
					timer = undefined;
				};
			},
		},
		{
			write: (piece, drawn) => {
				bytes.push(...piece);
				pending.push(drawn);
			},
			started: (cols, rows) => said.push(["started", cols, rows]),
			resized: (cols, rows) => said.push(["resized", cols, rows]),
			lost: (count) => said.push(["lost", count]),
			notice: (text) => said.push(["notice", text]),
			state: (state, exit) => said.push(exit ? [state, exit.code] : [state]),
		},
	);
	return {
		connection,
		sockets,
		said,
		bytes,
		get socket() {
			return sockets.at(-1)!;
		},
		get waits() {
			return timer !== undefined;
		},
		draw: () => {
			for (const drawn of pending.splice(0)) drawn();
		},
		later: () => timer?.(),
		pass: (ms: number) => {
			time += ms;
		},
	};
}

const start = (offset: number, lost = 0): FromTerminal => ({
	type: "start",
	offset,
	cols: 80,
	rows: 24,
	lost,
});
const text = (words: string) => new TextEncoder().encode(words);
const acks = (socket: FakeSocket) => socket.sent.map((frame) => (frame as { bytes: number }).bytes);

test("a fresh page asks for whatever is kept and counts bytes from there", () => {
	const t = setUp();
	t.connection.open();
	expect(t.socket.offset).toBeUndefined();
	t.socket.says(start(1000));
	t.socket.says(text("grün"));
	expect(t.connection.offset).toBe(1005);
	expect(t.said).toEqual([["connecting"], ["started", 80, 24], ["live"]]);
});

test("after a cut, also in the middle of a character, it goes on with the next byte", () => {
	const t = setUp();
	t.connection.open();
	t.socket.says(start(0));
	const whole = text("grün");
	t.socket.says(whole.subarray(0, 3));
	t.socket.ends();
	t.later();
	expect(t.socket.offset).toBe(3);
	t.socket.says(start(3));
	t.socket.says(whole.subarray(3));
	expect(new TextDecoder().decode(new Uint8Array(t.bytes))).toBe("grün");
	expect(t.said).not.toContainEqual(expect.arrayContaining(["lost"]));
});

test("what the server says twice is drawn once, and still acknowledged", () => {
	const t = setUp();
	t.connection.open();
	t.socket.says(start(0));
	t.socket.says(text("abcd"));
	t.socket.ends();
	t.later();
	t.socket.says(start(1));
	t.socket.says(text("bc"));
	t.socket.says(text("def"));
	t.draw();
	expect(new TextDecoder().decode(new Uint8Array(t.bytes))).toBe("abcdef");
	expect(t.connection.offset).toBe(6);
	expect(acks(t.socket).reduce((a, b) => a + b)).toBe(5);
});

test("what is not kept any more is told", () => {
	const t = setUp();
	t.connection.open();
	t.socket.says(start(0));
	t.socket.says(text("abc"));
	t.socket.ends();
	t.later();
	t.socket.says(start(1003, 1000));
	expect(t.said).toContainEqual(["lost", 1000]);
	expect(t.connection.offset).toBe(1003);
});

test("bytes are acknowledged when they have been drawn, in pieces, and the last ones at once", () => {
	const t = setUp();
	t.connection.open();
	t.socket.says(start(0));
	t.socket.says(new Uint8Array(ackBytes - 1));
	t.socket.says(new Uint8Array(10));
	t.socket.says(new Uint8Array(20));
	expect(t.socket.sent).toEqual([]);
	t.draw();
	expect(acks(t.socket)).toEqual([ackBytes + 9, 20]);
});

test("what an earlier connection brought is not acknowledged on the next one", () => {
	const t = setUp();
	t.connection.open();
	t.socket.says(start(0));
	t.socket.says(text("before"));
	t.socket.ends();
	t.later();
	t.socket.says(start(6));
	t.draw();
	t.socket.says(text("after"));
	t.draw();
	expect(acks(t.socket)).toEqual([5]);
});

test("who was too slow comes back at once", () => {
	const t = setUp();
	t.connection.open();
	t.socket.says(start(0));
	t.socket.ends(tooSlow);
	expect(t.sockets).toHaveLength(2);
	expect(t.waits).toBe(false);
});

test("the end is told and nothing connects again", () => {
	const t = setUp();
	t.connection.open();
	t.socket.says(start(0));
	t.socket.says({ type: "exit", code: 3 });
	t.socket.ends(1000);
	t.connection.wake();
	expect(t.said.at(-1)).toEqual(["ended", 3]);
	expect(t.sockets).toHaveLength(1);
	expect(t.waits).toBe(false);
});

test("a terminal that is not there any more is given up", async () => {
	const t = setUp({ exists: false });
	t.connection.open();
	t.socket.ends();
	await Promise.resolve();
	await Promise.resolve();
	expect(t.said.at(-1)).toEqual(["gone"]);
	expect(t.waits).toBe(false);
});

test("a server that does not answer is asked again", async () => {
	const t = setUp();
	t.connection.open();
	t.socket.ends();
	await Promise.resolve();
	await Promise.resolve();
	expect(t.said.at(-1)).toEqual(["reconnecting"]);
	expect(t.waits).toBe(true);
});

test("waking replaces a connection, and its remains say nothing more", () => {
	const t = setUp();
	t.connection.open();
	const first = t.socket;
	first.says(start(0));
	first.says(text("ab"));
	t.pass(doubt);
	t.connection.wake();
	expect(first.closed).toBe(true);
	expect(first.onmessage).toBeNull();
	expect(t.socket.offset).toBe(2);
});

test("waking leaves a connection alone that has only just begun", () => {
	const t = setUp();
	t.connection.open();
	t.socket.says(start(0));
	t.connection.wake();
	expect(t.sockets).toHaveLength(1);
	expect(t.said.at(-1)).toEqual(["live"]);
});

test("input goes out in frames the server takes, and is refused without a connection", () => {
	const t = setUp();
	t.connection.open();
	expect(t.connection.input(text("x"))).toBe(false);
	t.socket.says(start(0));
	const pasted = new Uint8Array(inputBytes * 2 + 7);
	expect(t.connection.input(pasted)).toBe(true);
	expect(t.socket.sent.map((piece) => (piece as Uint8Array).length)).toEqual([inputBytes, inputBytes, 7]);
	t.socket.closing = true;
	expect(t.connection.input(text("y"))).toBe(false);
	expect(t.socket.sent).toHaveLength(3);
});

test("the size is told, and another viewer's is taken over", () => {
	const t = setUp();
	t.connection.open();
	t.connection.resize(100, 30);
	t.socket.says(start(0));
	t.connection.resize(100, 30);
	t.socket.says({ type: "resize", cols: 60, rows: 20 });
	t.socket.says({ type: "notice", text: "hello" });
	expect(t.socket.sent).toEqual([{ type: "resize", cols: 100, rows: 30 }]);
	expect(t.said.slice(-2)).toEqual([
		["resized", 60, 20],
		["notice", "hello"],
	]);
});
