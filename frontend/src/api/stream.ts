// The live connection: one WebSocket that comes back by itself and loses nothing, because every
// subscription begins again after the last event its session has.

import { backoff } from "./backoff";
import type { ClientFrame, ServerFrame } from "./wire";

export type Connection =
	| { state: "connecting" }
	| { state: "live" }
	/** `at`: when the next attempt is made, in ms of the clock; `reason` when the server gave one. */
	| { state: "reconnecting"; at: number; reason?: string }
	| { state: "offline" };

/** What the stream needs of its surroundings; tests hand in their own. */
export interface Surroundings {
	connect(): Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose">;
	now(): number;
	random(): number;
	/** Calls back after ms; the result cancels it. */
	after(ms: number, callback: () => void): () => void;
	online(): boolean;
}

export interface Listener {
	frame(frame: ServerFrame): void;
	connection(connection: Connection): void;
	/** An attempt failed before the connection opened: perhaps the login is over. */
	refused(): void;
}

/** Silence after which the connection counts as dead. A server at work sends its status far more often. */
export const silence = 45_000;
/** Silence that is enough to replace it when the page comes back to the front or the network returns. */
export const doubt = 5_000;

/** Attempts that are made early, because the server has answered elsewhere, are at least so far apart. */
const patience = 2_000;

export class Stream {
	private readonly around: Surroundings;
	private readonly listener: Listener;
	/** session -> the last seq it has, asked for at every (re)subscription */
	private readonly subscriptions = new Map<string, () => number>();
	/** The workspaces whose files are watched, asked for again at every reconnect */
	private readonly watched = new Set<string>();
	private socket: ReturnType<Surroundings["connect"]> | undefined;
	private open = false;
	private attempts = 0;
	/** An attempt has failed and the next one is not begun. */
	private waits = false;
	private hurried = Number.NEGATIVE_INFINITY;
	private heard = 0;
	private farewell: string | undefined;
	private cancel = () => {};

	constructor(around: Surroundings, listener: Listener) {
		this.around = around;
		this.listener = listener;
	}

	start(): void {
		this.listener.connection({ state: "connecting" });
		this.connect();
	}

	/** Ends the connection for good. */
	stop(): void {
		this.cancel();
		this.drop();
		this.subscriptions.clear();
		this.watched.clear();
	}

	/** Follows a session from the event after `last()`, now and after every reconnect. */
	subscribe(session: string, last: () => number): void {
		this.subscriptions.set(session, last);
		if (this.open) this.send({ type: "subscribe", session, after: last() });
	}

	unsubscribe(session: string): void {
		if (this.subscriptions.delete(session) && this.open) this.send({ type: "unsubscribe", session });
	}

	/** Has changes of a workspace's files told, now and after every reconnect. */
	watchFiles(workspace: string): void {
		this.watched.add(workspace);
		if (this.open) this.send({ type: "watch", workspace });
	}

	unwatchFiles(workspace: string): void {
		if (this.watched.delete(workspace) && this.open) this.send({ type: "unwatch", workspace });
	}

	/** The page came to the front or the network came back: a connection in doubt is replaced at once. */
	wake(): void {
		if (this.open && this.around.now() - this.heard < doubt) return;
		this.attempts = 0;
		this.replace();
	}

	/** The server has answered elsewhere: what waits for the next attempt does not wait any longer. */
	hurry(): void {
		const now = this.around.now();
		if (!this.waits || now - this.hurried < patience) return;
		this.hurried = now;
		this.replace();
	}

	/** The network went away. */
	sleep(): void {
		this.cancel();
		this.drop();
		this.listener.connection({ state: "offline" });
	}

	private replace(): void {
		this.listener.connection({ state: "reconnecting", at: this.around.now() });
		this.connect();
	}

	private connect(): void {
		this.cancel();
		this.drop();
		const socket = this.around.connect();
		this.socket = socket;
		this.heard = this.around.now();
		socket.onopen = () => this.opened();
		socket.onmessage = ({ data }) => this.received(data);
		socket.onclose = () => this.lost();
		this.watch();
	}

	private opened(): void {
		this.open = true;
		this.heard = this.around.now();
		for (const [session, last] of this.subscriptions)
			this.send({ type: "subscribe", session, after: last() });
		for (const workspace of this.watched) this.send({ type: "watch", workspace });
		this.listener.connection({ state: "live" });
	}

	private received(data: unknown): void {
		this.heard = this.around.now();
		this.attempts = 0;
		const frame = JSON.parse(String(data)) as ServerFrame;
		if (frame.type === "bye") this.farewell = frame.reason;
		this.listener.frame(frame);
	}

	private lost(): void {
		const opened = this.open;
		this.cancel();
		this.drop();
		if (!opened) this.listener.refused();
		if (!this.around.online()) return this.listener.connection({ state: "offline" });
		const wait = backoff(this.attempts++, this.around.random());
		this.listener.connection({ state: "reconnecting", at: this.around.now() + wait, reason: this.farewell });
		this.farewell = undefined;
		this.waits = true;
		this.cancel = this.around.after(wait, () => this.connect());
	}

	/** Replaces a connection that has been silent for too long, also one that never opens. */
	private watch(): void {
		const left = this.heard + silence - this.around.now();
		this.cancel = this.around.after(Math.max(left, 0), () => {
			if (this.around.now() - this.heard >= silence) this.replace();
			else this.watch();
		});
	}

	private drop(): void {
		this.waits = false;
		const socket = this.socket;
		this.socket = undefined;
		this.open = false;
		if (!socket) return;
		socket.onopen = socket.onmessage = socket.onclose = null;
		socket.close();
	}

	private send(frame: ClientFrame): void {
		this.socket?.send(JSON.stringify(frame));
	}
}
