// A terminal's connection: comes back by itself where it was, and tells the server what has been drawn, so
// that neither side has to hold more than a window of output.
import { backoff } from "../api/backoff";
import { doubt } from "../api/stream";
import type { Exit, FromTerminal, ToTerminal } from "./wire";

export type State = "connecting" | "live" | "reconnecting" | "ended" | "gone";

export type Socket = Pick<
	WebSocket,
	"send" | "close" | "readyState" | "onopen" | "onmessage" | "onclose" | "binaryType"
>;

/** What the connection needs of its surroundings; tests hand in their own. */
export interface Surroundings {
	/** `offset`: of the first byte that is wanted; undefined for whatever is kept. */
	connect(offset: number | undefined): Socket;
	/** Whether the terminal is still there; asked when an attempt to connect has failed. */
	exists(): Promise<boolean>;
	now(): number;
	random(): number;
	/** Calls back after ms; the result cancels it. */
	after(ms: number, callback: () => void): () => void;
}

/** What is in front of the reader. */
export interface Screen {
	/** Draws bytes, and calls back when it has; may be called again before that. */
	write(bytes: Uint8Array, drawn: () => void): void;
	/** A connection begins: the size the terminal has now. */
	started(cols: number, rows: number): void;
	/** Another viewer has given the terminal this size. */
	resized(cols: number, rows: number): void;
	/** So many bytes before the next ones are not to be had any more. */
	lost(bytes: number): void;
	notice(text: string): void;
	state(state: State, exit?: Exit): void;
}

/** Drawn bytes are reported in pieces of this size, the last ones as soon as nothing is left to draw. */
export const ackBytes = 32 * 1024;
/** Input goes out in frames of at most this size. */
export const inputBytes = 16 * 1024;
/** The server's word for: you were too slow, come back with your offset. */
export const tooSlow = 4001;

/** WebSocket.OPEN */
const open = 1;

export class TerminalConnection {
	private readonly around: Surroundings;
	private readonly screen: Screen;
	private socket: Socket | undefined;
	private live = false;
	private ended = false;
	private attempts = 0;
	/** When the connection there is began. */
	private began = 0;
	/** Offset of the next byte; unknown before the first connection. */
	private next: number | undefined;
	/** Bytes that the server says once more although they are here. */
	private known = 0;
	private undrawn = 0;
	private unacknowledged = 0;
	private cancel = () => {};

	constructor(around: Surroundings, screen: Screen) {
		this.around = around;
		this.screen = screen;
	}

	/** Offset of the next byte of output. */
	get offset(): number | undefined {
		return this.next;
	}

	open(): void {
		this.screen.state("connecting");
		this.connect();
	}

	/** Lets go of the terminal, which goes on without this viewer. */
	close(): void {
		this.ended = true;
		this.cancel();
		this.drop();
	}

	/**
	 * Connects anew at once unless it has ended or has only just connected: the network was away, and silence
	 * may mean that it still is.
	 */
	wake(): void {
		if (this.ended || (this.live && this.around.now() - this.began < doubt)) return;
		this.attempts = 0;
		this.screen.state("reconnecting");
		this.connect();
	}

	/** Sends input; false without a connection, when nothing is kept for later. */
	input(bytes: Uint8Array<ArrayBuffer>): boolean {
		const { listening } = this;
		if (!this.live || !listening) return false;
		for (let at = 0; at < bytes.length; at += inputBytes) listening.send(bytes.subarray(at, at + inputBytes));
		return true;
	}

	/** Gives the terminal this size. */
	resize(cols: number, rows: number): void {
		if (this.live) this.tell({ type: "resize", cols, rows });
	}

	private connect(): void {
		this.cancel();
		this.drop();
		const socket = this.around.connect(this.next);
		this.socket = socket;
		socket.binaryType = "arraybuffer";
		socket.onmessage = ({ data }) => this.received(socket, data);
		socket.onclose = ({ code }) => void this.lost(code);
	}

	private received(socket: Socket, data: unknown): void {
		if (data instanceof ArrayBuffer) return this.output(socket, new Uint8Array(data));
		const frame = JSON.parse(String(data)) as FromTerminal;
		switch (frame.type) {
			case "start":
				return this.started(frame);
			case "resize":
				return this.screen.resized(frame.cols, frame.rows);
			case "notice":
				return this.screen.notice(frame.text);
			case "exit":
				this.ended = true;
				this.live = false;
				return this.screen.state("ended", frame);
		}
	}

	private started({ offset, cols, rows, lost }: Extract<FromTerminal, { type: "start" }>): void {
		this.live = true;
		this.began = this.around.now();
		this.attempts = 0;
		const gap = this.next === undefined ? 0 : Math.max(lost, offset - this.next);
		this.known = this.next === undefined ? 0 : Math.max(0, this.next - offset);
		this.next = Math.max(this.next ?? 0, offset);
		if (gap > 0) this.screen.lost(gap);
		this.screen.started(cols, rows);
		this.screen.state("live");
	}

	/** Everything counts as drawn that need not be, so that the server's window moves on. */
	private output(socket: Socket, bytes: Uint8Array): void {
		const skipped = Math.min(this.known, bytes.length);
		this.known -= skipped;
		const fresh = bytes.subarray(skipped);
		this.next = (this.next ?? 0) + fresh.length;
		this.undrawn += bytes.length;
		const drawn = () => this.drawn(socket, bytes.length);
		if (fresh.length === 0) drawn();
		else this.screen.write(fresh, drawn);
	}

	/** What an earlier connection brought is no business of this one. */
	private drawn(socket: Socket, bytes: number): void {
		if (socket !== this.socket) return;
		this.undrawn -= bytes;
		this.unacknowledged += bytes;
		if (this.unacknowledged < ackBytes && this.undrawn > 0) return;
		if (!this.ended) this.tell({ type: "ack", bytes: this.unacknowledged });
		this.unacknowledged = 0;
	}

	private async lost(code: number): Promise<void> {
		const refused = !this.live;
		this.drop();
		if (this.ended) return;
		this.screen.state("reconnecting");
		if (code === tooSlow) return this.connect();
		const wait = backoff(this.attempts++, this.around.random());
		this.cancel = this.around.after(wait, () => this.connect());
		const gone = refused && !(await this.around.exists());
		if (!gone || this.live || this.ended) return;
		this.close();
		this.screen.state("gone");
	}

	private drop(): void {
		const socket = this.socket;
		this.socket = undefined;
		this.live = false;
		this.undrawn = this.unacknowledged = this.known = 0;
		if (!socket) return;
		socket.onmessage = socket.onclose = null;
		socket.close();
	}

	private tell(frame: ToTerminal): void {
		this.listening?.send(JSON.stringify(frame));
	}

	/** The socket while it takes something in: one that closes says so only a moment later. */
	private get listening(): Socket | undefined {
		return this.socket?.readyState === open ? this.socket : undefined;
	}
}
