// What the server keeps sending: its status, the sessions, the workspaces; and the connection itself.
import { attend, browser } from "../api/browser";
import { type Connection, Stream } from "../api/stream";
import { Watchers } from "../api/watchers";
import type { QueueEntry, ServerFrame, Session, Status, Workspace } from "../api/wire";
import type { FilesFrame } from "../files/wire";
import { group } from "../state/sessions";
import { secondsLeft, waitWords } from "../state/wait";
import { account } from "./account.svelte";
import { clock } from "./clock.svelte";

/** Frames that belong to one session. */
export type SessionFrame = Extract<ServerFrame, { type: "events" | "delta" | "error" }>;

class Live {
	status = $state.raw<Status>();
	/** When `status` came, in ms; waits are counted down from here. */
	statusAt = $state(0);
	sessions = $state.raw<Session[]>([]);
	workspaces = $state.raw<Workspace[]>([]);
	/** True once the lists have come. */
	ready = $state(false);
	connection = $state.raw<Connection>({ state: "connecting" });
	groups = $derived(group(this.workspaces, this.sessions));

	readonly stream = new Stream(browser, {
		frame: (frame) => this.receive(frame),
		connection: (connection) => {
			this.connection = connection;
		},
		refused: () => void account.check(),
	});
	private readonly followers = new Map<string, (frame: SessionFrame) => void>();
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
		this.sessions = [];
		this.workspaces = [];
		this.ready = false;
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

	session(id: string | undefined): Session | undefined {
		return this.sessions.find((s) => s.id === id);
	}

	/** The folder that a session works in; empty while that is not known. */
	folder(session: string): string {
		const workspace = this.session(session)?.workspace;
		return this.workspaces.find((w) => w.name === workspace)?.path ?? "";
	}

	/** How long a prompt still waits, in words; empty without a connection, when nobody knows. */
	wait(entry: QueueEntry): string {
		if (this.connection.state !== "live") return "";
		return waitWords(secondsLeft(entry, this.statusAt, clock.now));
	}

	/** Takes over what a call has just answered, ahead of the stream. */
	put(session: Session): void {
		this.sessions = [session, ...this.sessions.filter((s) => s.id !== session.id)];
	}

	/** The same for a session that may have been deleted meanwhile. */
	replace(session: Session): void {
		this.sessions = this.sessions.map((s) => (s.id === session.id ? session : s));
	}

	private receive(frame: ServerFrame | FilesFrame): void {
		switch (frame.type) {
			case "status":
				this.status = frame.status;
				this.statusAt = Date.now();
				clock.now = this.statusAt;
				return;
			case "sessions":
				this.sessions = frame.sessions;
				this.ready = true;
				return;
			case "workspaces":
				this.workspaces = frame.workspaces;
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
