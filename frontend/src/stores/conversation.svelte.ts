// One session as it is open on the page: its loaded history, followed live.
import { ApiError, api } from "../api/client";
import type { SessionEvent } from "../api/wire";
import { append, delta, emptyHistory, firstSeq, prepend } from "../state/history";
import { live, type SessionFrame } from "./live.svelte";

const pageSize = 200;

/** Whether nothing is older than a page. Pages are bounded in bytes too, so a short one need not be the last. */
const reachesBack = (page: readonly SessionEvent[]) => (page[0]?.seq ?? 1) <= 1;

export class OpenConversation {
	readonly id: string;
	history = $state.raw(emptyHistory);
	state = $state<"loading" | "ready" | "failed" | "gone">("loading");
	problem = $state("");
	private frames: SessionFrame[] = [];
	private scheduled = false;
	private shown = false;
	private loading: Promise<boolean> | undefined;

	constructor(id: string) {
		this.id = id;
	}

	/** Loads the newest page, once, and follows the session from there. */
	async open(): Promise<void> {
		this.shown = true;
		if (this.state === "ready") return this.follow();
		this.state = "loading";
		try {
			const { events } = await api.eventsBefore(this.id, Number.MAX_SAFE_INTEGER, pageSize);
			await live.find(this.id);
			this.history = prepend(emptyHistory, events, reachesBack(events));
			this.state = "ready";
			this.follow();
		} catch (e) {
			this.state = e instanceof ApiError && e.status === 404 ? "gone" : "failed";
			if (this.state === "gone") live.forget(this.id);
			this.problem = e instanceof ApiError ? e.message : "The history could not be read.";
		}
	}

	/** Looks for the session, which has left the list: it is one of the older ones now, or deleted. */
	async seek(): Promise<void> {
		try {
			await live.find(this.id);
		} catch (e) {
			if (e instanceof ApiError && e.status === 404) this.state = "gone";
		}
	}

	close(): void {
		this.shown = false;
		live.unfollow(this.id);
	}

	/** Whether an event is loaded. */
	has(seq: number): boolean {
		return firstSeq(this.history) <= seq && seq <= this.history.view.lastSeq;
	}

	/**
	 * Loads the page before the oldest event that is here; `around` is given the moment it is added. False when
	 * there is none, or it could not be loaded.
	 */
	async loadEarlier(around: (add: () => void) => Promise<void>): Promise<boolean> {
		if (this.history.complete || this.state !== "ready") return false;
		this.loading ??= this.load(around).finally(() => {
			this.loading = undefined;
		});
		return this.loading;
	}

	private async load(around: (add: () => void) => Promise<void>): Promise<boolean> {
		try {
			const { events } = await api.eventsBefore(this.id, firstSeq(this.history), pageSize);
			await around(() => {
				this.history = prepend(this.history, events, reachesBack(events));
			});
			return true;
		} catch {
			return false; // Scrolling up again tries again; the connection's state is told in the status bar.
		}
	}

	private follow(): void {
		if (!this.shown) return;
		live.follow(
			this.id,
			() => this.history.view.lastSeq,
			(frame) => this.receive(frame),
		);
	}

	/** Frames are gathered and applied once a frame of the screen, however fast the agent writes. */
	private receive(frame: SessionFrame): void {
		this.frames.push(frame);
		if (this.scheduled) return;
		this.scheduled = true;
		if (document.visibilityState === "visible") requestAnimationFrame(() => this.flush());
		else setTimeout(() => this.flush(), 250);
	}

	private flush(): void {
		this.scheduled = false;
		const frames = this.frames;
		this.frames = [];
		let history = this.history;
		for (const frame of frames) {
			if (frame.type === "events") history = append(history, frame.events);
			else if (frame.type === "delta") history = delta(history, frame);
			else this.problem = frame.detail;
		}
		this.history = history;
	}
}

const kept = 4;
const opened = new Map<string, OpenConversation>();

/** The conversation of a session; the last few stay in memory, so that going back to one is instant. */
export function conversationOf(id: string): OpenConversation {
	const conversation = opened.get(id) ?? new OpenConversation(id);
	opened.delete(id);
	opened.set(id, conversation);
	for (const old of opened.keys()) {
		if (opened.size <= kept) break;
		opened.delete(old);
	}
	return conversation;
}

/** Forgets everything, when the reader logs out. */
export function forgetConversations(): void {
	opened.clear();
}
