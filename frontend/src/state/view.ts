// The conversation as the page shows it. Values are immutable: a change makes new objects for what
// changed and keeps the others, so that only what changed is drawn again.
import type { Decision, How, NoticeLevel, PromptOutcome, TurnOutcome } from "../api/wire";

export interface Conversation {
	items: readonly Item[];
	/** Messages being written, in the order in which they began. */
	partials: readonly Partial[];
	/** The newest event that is in here; 0 for none. */
	lastSeq: number;
}

export type Item = Turn | Note;

/** "waiting" also after a turn was put back in the queue; the other words are the server's. */
export type TurnState = "waiting" | "running" | Exclude<TurnOutcome, "requeued"> | PromptOutcome;

/** A prompt and all that came of it. */
export interface Turn {
	kind: "turn";
	key: string;
	promptId: string;
	/** The prompt's text; undefined while the page that holds it is not loaded. */
	text: string | undefined;
	/** Of the event with the prompt. */
	seq?: number;
	edited: boolean;
	time: string;
	state: TurnState;
	entries: readonly Entry[];
	/** How the latest attempt came by its process. */
	start?: { how: How; reason: string; process: number; time: string };
	/** How it ended; also for a prompt that left without a turn, then without figures. */
	end?: TurnEnd;
}

export interface TurnEnd {
	/** Of the event that tells of it. */
	seq: number;
	time: string;
	error?: string;
	reason?: string;
	figures?: { costUsd: number; durationMs: number; inputTokens: number; outputTokens: number };
}

/** Something said outside any turn. */
export interface Note {
	kind: "note";
	key: string;
	entry: NoticeEntry | UnknownEntry;
}

export type Entry =
	| MessageEntry
	| ThinkingEntry
	| ToolEntry
	| PermissionEntry
	| RequeuedEntry
	| NoticeEntry
	| UnknownEntry;

export interface MessageEntry {
	kind: "message";
	key: string;
	text: string;
}

export interface ThinkingEntry {
	kind: "thinking";
	key: string;
	text: string;
}

export interface ToolEntry {
	kind: "tool";
	key: string;
	toolId: string;
	/** Empty while the page that holds the call is not loaded. */
	name: string;
	input: unknown;
	result?: { output: string; isError: boolean; truncated: boolean };
}

export interface PermissionEntry {
	kind: "permission";
	key: string;
	requestId: string;
	/** The call it is about, where the agent says so. */
	toolId: string | undefined;
	tool: string;
	input: unknown;
	decision?: Decision;
	/** In words: what need not be asked for any more, or why it was not asked. */
	rule?: string;
	message?: string;
}

export interface RequeuedEntry {
	kind: "requeued";
	key: string;
	reason: string;
}

export interface NoticeEntry {
	kind: "notice";
	key: string;
	level: NoticeLevel;
	text: string;
}

export interface UnknownEntry {
	kind: "unknown";
	key: string;
	raw: unknown;
}

/** A message that is being written; its key is that of the message it will become. */
export type Partial = (MessageEntry | ThinkingEntry) & { promptId: string };

export const emptyConversation: Conversation = { items: [], partials: [], lastSeq: 0 };

/** The key that a message block and its partial share. */
export function blockKey(of: { message: string; block: number }): string {
	return `${of.message}/${of.block}`;
}

/** The turns of a conversation, oldest first. */
export function turns(view: Conversation): Turn[] {
	return view.items.filter((item) => item.kind === "turn");
}

/** The items, with the prompts that wait in the order of their places in the queue. */
export function inOrder(items: readonly Item[], places: ReadonlyMap<string, number>): readonly Item[] {
	const waits = (item: Item): item is Turn =>
		item.kind === "turn" && item.state === "waiting" && places.has(item.promptId);
	const place = ({ promptId }: Turn) => places.get(promptId) ?? 0;
	const waiting = items.filter(waits);
	const sorted = waiting.toSorted((a, b) => place(a) - place(b));
	if (sorted.every((turn, i) => turn === waiting[i])) return items;
	return items.map((item) => (waits(item) ? (sorted.shift() ?? item) : item));
}

/** The turn that runs now; a session has at most one. */
export function runningTurn(view: Conversation): Turn | undefined {
	return turns(view).findLast((turn) => turn.state === "running");
}

/** What a turn shows: its entries, then the messages being written. */
export function contents(turn: Turn, partials: readonly Partial[]): (Entry | Partial)[] {
	const writing = partials.filter((p) => p.promptId === turn.promptId);
	return writing.length === 0 ? (turn.entries as Entry[]) : [...turn.entries, ...writing];
}

/** The event up to which a session has what a turn began with, 0 for nothing: its own prompt is not in it. */
export function before(view: Conversation, { seq = 0, key }: Turn): number {
	const all = turns(view);
	const previous = all[all.findIndex((turn) => turn.key === key) - 1];
	// A prompt may have been written while another turn ran; it ended before this one began.
	return Math.max(seq - 1, previous?.end?.seq ?? 0);
}

/** The text of an answer, without what went on in between. */
export function answerOf(turn: Turn): string {
	return turn.entries.flatMap((entry) => (entry.kind === "message" ? [entry.text] : [])).join("\n\n");
}

/** The questions a person has to answer now. */
export function openPermissions(turn: Turn): PermissionEntry[] {
	if (turn.state !== "running") return [];
	return turn.entries.filter((entry) => entry.kind === "permission").filter((entry) => !entry.decision);
}

/** True when a person did not allow this use of a tool. */
export function wasDenied(turn: Turn, toolId: string): boolean {
	return turn.entries.some((e) => e.kind === "permission" && e.toolId === toolId && e.decision === "deny");
}

/** How many of a turn's entries are of attempts that began anew: what they say is said again. */
export function staleEntries(turn: Turn): number {
	return turn.entries.findLastIndex((entry) => entry.kind === "requeued");
}
