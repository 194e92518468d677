// What the server keeps sending: its status, the sessions, the workspaces; and the connection itself.
import { attend, browser } from "../api/browser";
import { api, onAnswer } from "../api/client";
import { type Connection, Stream } from "../api/stream";
import { Watchers } from "../api/watchers";
import type { QueueEntry, ServerFrame, Session, Status, Workspace } from "../api/wire";
import type { FilesFrame } from "../files/wire";
import { byActivity, group, merge } from "../state/sessions";
import { secondsLeft, waitsForAnswer, waitWords } from "../state/wait";
import type { Terminal } from "../terminal/wire";
import { account } from "./account.svelte";
import { clock } from "./clock.svelte";

/** Frames that belong to one session. */
export type SessionFrame = Extract<ServerFrame, { type: "events" | "delta" | "error" }>;

class Live {
	status = $state.raw<Status>();
	/** When `status` came, in ms; waits are counted down from here. */
	statusAt = $state(0);
	/** The latest sessions, and older ones that were asked for. */
	sessions = $derived.by(() => merge(this.current, this.older));
	/** How many sessions there are in all. */
	total = $state(0);
	private current = $state.raw<Session[]>([]);
	private older = $state.raw<Session[]>([]);
	workspaces = $state.raw<Workspace[]>([]);
	/** Names of the workspaces that can be worked in, as people read them. */
	places = $derived(
		this.workspaces
			.filter((w) => w.state === "ready")
			.map((w) => w.name)
			.sort((a, b) => a.localeCompare(b)),
	);
	/** The one of them that was worked in last. */
	place = $derived(
		byActivity(this.sessions).find((s) => this.places.includes(s.workspace))?.workspace ?? this.places[0],
	);
	terminals = $state.raw<Terminal[]>([]);
	/** True once the lists have come. */
	ready = $state(false);
	connection = $state.raw<Connection>({ state: "connecting" });
	/** The server has not answered for longer than a moment: at least one attempt to come back has failed. */
	away = $state(false);
	groups = $derived(group(this.workspaces, this.sessions));

	readonly stream = new Stream(browser, {
		frame: (frame) => this.receive(frame),
		connection: (connection) => this.connected(connection),
		refused: () => {
			this.away = true;
			void account.check();
		},
	});
	private readonly followers = new Map<string, (frame: SessionFrame) => void>();
	private readonly returns = new Set<() => void>();
	/** True once there has been a connection. */
	private was = false;
	private readonly watchers = new Watchers(this.stream);
	private release = () => {};

	start(): void {
		this.release = attend(this.stream);
		this.stream.start();
	}

	stop(): void {
		this.release();
		this.stream.stop();
		this.status = undefined;
		this.current = [];
		this.older = [];
		this.total = 0;
		this.workspaces = [];
		this.terminals = [];
		this.ready = this.was = this.away = false;
	}

	/** The time that what is shown belongs to: it stands still while the server does not answer. */
	get now(): number {
		return this.away && this.statusAt > 0 ? this.statusAt : clock.now;
	}

	/** Calls back whenever the connection has come back after a loss; the result ends that. */
	onReturn(callback: () => void): () => void {
		this.returns.add(callback);
		return () => this.returns.delete(callback);
	}

	/** Has a session's frames delivered, from the event after `last()`. */
	follow(session: string, last: () => number, receive: (frame: SessionFrame) => void): void {
		this.followers.set(session, receive);
		this.stream.subscribe(session, last);
	}

	unfollow(session: string): void {
		this.followers.delete(session);
		this.stream.unsubscribe(session);
	}

	/** Has a workspace's files watched until the result is called. */
	watch(workspace: string, receive: (frame: FilesFrame) => void): () => void {
		return this.watchers.add(workspace, receive);
	}

	terminal(id: string): Terminal | undefined {
		return this.terminals.find((t) => t.id === id);
	}

	workspace(name: string | undefined): Workspace | undefined {
		return this.workspaces.find((w) => w.name === name);
	}

	session(id: string | undefined): Session | undefined {
		return this.sessions.find((s) => s.id === id);
	}

	/** The folder that a session works in; empty while that is not known. */
	folder(session: string): string {
		return this.workspace(this.session(session)?.workspace)?.path ?? "";
	}

	/** How long a prompt still waits, in words; empty when nobody knows: without a connection, or behind a question. */
	wait(entry: QueueEntry): string {
		if (this.connection.state !== "live" || waitsForAnswer(this.session(entry.session))) return "";
		return waitWords(secondsLeft(entry, this.statusAt, clock.now));
	}

	/** Takes over what a call has just answered, ahead of the stream. */
	put(session: Session): void {
		this.current = [session, ...this.current.filter((s) => s.id !== session.id)];
	}

	/** The same for a session that may have been deleted meanwhile. */
	replace(session: Session): void {
		const put = (s: Session) => (s.id === session.id ? session : s);
		this.current = this.current.map(put);
		this.older = this.older.map(put);
	}

	/** Takes a session that is gone off the list. */
	forget(id: string): void {
		this.current = this.current.filter((s) => s.id !== id);
		this.older = this.older.filter((s) => s.id !== id);
	}

	/** Finds a session that is not on the list. Throws ApiError. */
	async find(id: string): Promise<void> {
		if (this.session(id)) return;
		const session = await api.session(id);
		this.older = merge(this.older, [session]);
	}

	/** Puts the next older sessions on the list. Throws ApiError. */
	async loadOlder(): Promise<void> {
		const before = this.sessions.length;
		for (let last: Session | undefined; this.sessions.length === before; ) {
			const page = await api.sessions(last);
			this.older = merge(page, this.older);
			last = page.at(-1);
			if (!last) return;
		}
	}

	private connected(connection: Connection): void {
		this.connection = connection;
		if (connection.state === "offline") this.away = true;
		if (connection.state !== "live") return;
		this.away = false;
		if (this.was) for (const callback of this.returns) callback();
		this.was = true;
	}

	private receive(frame: ServerFrame): void {
		switch (frame.type) {
			case "status":
				this.status = frame.status;
				this.statusAt = Date.now();
				clock.now = this.statusAt;
				return;
			case "sessions":
				this.current = frame.sessions;
				this.total = frame.total;
				this.ready = true;
				return;
			case "workspaces":
				this.workspaces = frame.workspaces;
				return;
			case "terminals":
				this.terminals = frame.terminals;
				return;
			case "files":
				return this.watchers.receive(frame);
			case "events":
			case "delta":
			case "error":
				this.followers.get(frame.session ?? "")?.(frame);
		}
	}
}

export const live = new Live();
onAnswer(() => live.stream.hurry());
