// The mock server's terminals: a shell that knows a few words, with the server's rules of offsets and flow.

const kept = 4 << 20;
/** Bytes that may be on their way to one viewer. */
const flow = 512 * 1024;
const piece = 32 * 1024;
const prompt = "\x1b[32mshop\x1b[0m $ ";

export class Terminals {
	/** id -> terminal */
	all = new Map();
	next = 1;
	/** What the page put on the wire, for tests that look at it. */
	input = [];

	constructor(changed) {
		this.changed = changed;
	}

	list() {
		return [...this.all.values()].map((terminal) => terminal.describe());
	}

	find(id) {
		const terminal = this.all.get(id);
		if (!terminal) throw { status: 404, title: "Not found", detail: "There is no such terminal." };
		return terminal;
	}

	add({ workspace, cols, rows, command = ["bash"], title = command[0] }) {
		const id = `t${this.next++}`;
		const terminal = new Terminal({ id, workspace, title, command, cols, rows }, this.changed);
		this.all.set(id, terminal);
		terminal.say(prompt);
		this.changed();
		return terminal.describe();
	}

	rename(id, title) {
		this.find(id).about.title = title;
		this.changed();
		return this.find(id).describe();
	}

	remove(id) {
		this.find(id).end({ signal: "HUP" });
		this.find(id).leaveAll();
		this.all.delete(id);
		this.changed();
	}

	signal(id, { signal }) {
		this.find(id).signal(signal);
	}

	/** Connects a viewer; `offset` as the query has it. */
	join(id, ws, offset) {
		const terminal = this.all.get(id);
		if (!terminal) return ws.close(1011);
		terminal.join(ws, offset === null ? undefined : Number(offset));
		ws.on("message", (data, binary) => {
			if (binary) this.input.push(String(data));
		});
		this.changed();
	}
}

class Terminal {
	viewers = new Set();
	/** The tail of what it said: `length` bytes of `text`, the first of which has the offset `first`. */
	text = Buffer.allocUnsafe(2 * kept);
	length = 0;
	first = 0;
	line = "";
	/** Makes the next piece of what is being dumped: empty when it is not time yet, undefined at its end. */
	dumping = undefined;

	constructor(about, changed) {
		this.about = { ...about, created: new Date().toISOString(), state: "running" };
		this.changed = changed;
	}

	get offset() {
		return this.first + this.length;
	}

	describe() {
		const { offset, first, viewers } = this;
		return { ...this.about, offset, first, viewers: viewers.size };
	}

	join(ws, asked) {
		const offset = Math.max(asked ?? 0, this.first);
		const viewer = { ws, at: offset, flying: 0 };
		this.viewers.add(viewer);
		const { cols, rows } = this.about;
		const lost = asked === undefined ? 0 : offset - asked;
		ws.send(JSON.stringify({ type: "start", offset, cols, rows, lost }));
		ws.on("message", (data, binary) => this.receive(viewer, data, binary));
		ws.on("close", () => {
			this.viewers.delete(viewer);
			this.changed();
		});
		this.pump();
	}

	receive(viewer, data, binary) {
		if (binary) return this.type(String(data));
		const frame = JSON.parse(String(data));
		if (frame.type === "ack") {
			viewer.flying -= frame.bytes;
			if (viewer.flying < 0) throw new Error("more was acknowledged than was sent");
			return this.pump();
		}
		Object.assign(this.about, { cols: frame.cols, rows: frame.rows });
		this.tell({ type: "resize", cols: frame.cols, rows: frame.rows }, viewer);
		this.changed();
	}

	tell(frame, except) {
		for (const viewer of this.viewers) if (viewer !== except) viewer.ws.send(JSON.stringify(frame));
	}

	say(text) {
		this.append(Buffer.from(text));
		this.pump();
	}

	append(bytes) {
		if (this.length + bytes.length > this.text.length) {
			this.text.copyWithin(0, this.length - kept, this.length);
			this.first += this.length - kept;
			this.length = kept;
		}
		bytes.copy(this.text, this.length);
		this.length += bytes.length;
	}

	/** Sends what viewers may have, and makes more while somebody can take it. */
	pump() {
		do {
			for (const viewer of this.viewers) this.feed(viewer);
			if ([...this.viewers].some(({ at }) => this.offset - at > flow)) return;
		} while (this.dump());
		if (this.about.state === "exited") this.farewell();
	}

	/** Makes the next piece; false when there is none now. */
	dump() {
		if (!this.dumping) return false;
		const bytes = this.dumping();
		if (!bytes) this.dumping = undefined;
		this.append(bytes ?? Buffer.from(prompt));
		return bytes?.length !== 0;
	}

	feed(viewer) {
		while (viewer.at < this.offset && viewer.flying < flow) {
			const from = viewer.at - this.first;
			const to = Math.min(this.length, from + Math.min(piece, flow - viewer.flying));
			const bytes = Buffer.from(this.text.subarray(from, to));
			viewer.ws.send(bytes, { binary: true });
			viewer.at += bytes.length;
			viewer.flying += bytes.length;
		}
	}

	type(text) {
		const typed = text.replaceAll("\x1b[200~", "").replaceAll("\x1b[201~", "");
		for (const character of typed) this.key(character);
	}

	key(character) {
		if (this.about.state === "exited") return;
		if (character === "\r" || character === "\n") return this.run();
		if (character === "\x03") return this.interrupt();
		if (character === "\x7f") {
			if (this.line === "") return;
			this.line = this.line.slice(0, -1);
			return this.say("\b \b");
		}
		if (character < " ") return this.say(`^${String.fromCharCode(character.charCodeAt(0) + 64)}`);
		this.line += character;
		this.say(character);
	}

	run() {
		const line = this.line.trim();
		this.line = "";
		this.say("\r\n");
		const [word, ...rest] = line.split(" ");
		const output = words[word]?.(this, rest.join(" ")) ?? (word ? `${word}: not found\r\n` : "");
		if (this.about.state === "running" && !this.dumping) this.say(output + prompt);
	}

	interrupt() {
		this.dumping = undefined;
		this.line = "";
		this.say(`^C\r\n${prompt}`);
	}

	signal(signal) {
		if (signal === "INT") this.interrupt();
		else if (signal === "KILL" || signal === "TERM" || signal === "HUP") this.end({ signal });
	}

	/** Ends as a program does: with a code, a signal, a reason in words. */
	end({ code, signal, reason }) {
		if (this.about.state === "exited") return;
		Object.assign(this.about, { state: "exited", exitCode: code, signal, reason });
		this.dumping = undefined;
		this.pump();
		this.changed();
	}

	farewell() {
		const { exitCode: code, signal, reason } = this.about;
		for (const viewer of this.viewers) {
			if (viewer.at < this.offset || viewer.told) continue;
			viewer.told = true;
			viewer.ws.send(JSON.stringify({ type: "exit", code, signal, reason }));
			viewer.ws.close(1000);
		}
	}

	/** Lets all viewers go, with a code that says why. */
	leaveAll(code = 1001) {
		for (const { ws } of this.viewers) ws.close(code);
	}
}

/** What the shell knows; the result is what it prints. */
const words = {
	echo: (_, text) => `${text}\r\n`,
	/** Prints a text with escapes, as printf does. */
	printf: (_, text) => text.replaceAll("\\e", "\x1b").replaceAll("\\a", "\x07").replaceAll("\\n", "\r\n"),
	size: ({ about }) => `${about.cols}x${about.rows}\r\n`,
	exit: (terminal, code) => terminal.end({ code: Number(code || 0) }) ?? "",
	dump: (terminal, megabytes) => dump(terminal, Number(megabytes) << 20),
	flow: (terminal, rate) => pour(terminal, Number(rate) << 20),
};

/** Lines of text, numbered, so many bytes in all, as fast as they are taken in. */
function dump(terminal, bytes) {
	let left = bytes;
	let number = 0;
	terminal.dumping = () => {
		if (left <= 0) return undefined;
		const lines = Array.from({ length: 400 }, () => line(number++)).join("");
		left -= lines.length;
		return Buffer.from(lines);
	};
	terminal.pump();
}

/** The same for ever, so many bytes in a second. */
function pour(terminal, rate) {
	const began = performance.now();
	let said = 0;
	let number = 0;
	const timer = setInterval(() => {
		if (!terminal.dumping) return clearInterval(timer);
		terminal.pump();
	}, 8);
	terminal.dumping = () => {
		if (said > ((performance.now() - began) / 1000) * rate) return Buffer.alloc(0);
		const lines = Array.from({ length: 100 }, () => line(number++)).join("");
		said += lines.length;
		return Buffer.from(lines);
	};
}

function line(number) {
	const colour = 31 + (number % 6);
	return `\x1b[${colour}m${String(number).padStart(8)}\x1b[0m the quick brown fox jumps over the lazy dog, again and again\r\n`;
}
