// Folds a session's log into the conversation that is shown. Pure: the same events give the same view,
// however they were cut into pages and frames and however often some of them arrived.
import type { EventOf, SessionEvent } from "../api/wire";
import { blockKey, type Conversation, type Entry, type Item, type Partial, type Turn } from "./view";

/** Adds events in the order of their seq; those already in the view change nothing. */
export function applyEvents(view: Conversation, events: readonly SessionEvent[]): Conversation {
	const draft = new Draft(view);
	for (const event of events) draft.apply(event);
	return draft.lastSeq === view.lastSeq ? view : draft.finish();
}

type InTurn = { promptId: string; time: string };
type OwnTurn = Turn & { entries: Entry[] };

/** A view being changed. Every turn is copied once, on its first change. */
class Draft {
	lastSeq: number;
	private readonly items: Item[];
	private partials: readonly Partial[];
	/** promptId -> the copy of its turn */
	private readonly owned = new Map<string, OwnTurn>();
	/** The items that were there before. */
	private readonly known: Set<string>;

	constructor(view: Conversation) {
		this.items = [...view.items];
		this.known = new Set(view.items.map(({ key }) => key));
		this.partials = view.partials;
		this.lastSeq = view.lastSeq;
	}

	finish(): Conversation {
		return { items: this.items, partials: this.partials, lastSeq: this.lastSeq };
	}

	apply(event: SessionEvent): void {
		if (event.seq <= this.lastSeq) return;
		this.lastSeq = event.seq;
		switch (event.type) {
			case "prompt":
			case "prompt_edited":
				return this.prompt(event);
			case "prompt_ended":
				return this.promptEnded(event);
			case "turn_started":
				return this.turnStarted(event);
			case "message":
			case "thinking":
				return this.message(event);
			case "tool_call":
			case "tool_result":
				return this.tool(event);
			case "permission_requested":
				return this.permissionRequested(event);
			case "permission_decided":
				return this.permissionDecided(event);
			case "turn_ended":
				return this.turnEnded(event);
			case "notice":
			case "agent_event":
				return this.remark(event);
			case "summary":
				return this.note(
					event.seq,
					"The model wrote a summary of this session; it is in the session's menu.",
				);
		}
		// Anything else is from a newer server. It is kept in the log; this page has no words for it.
	}

	private prompt(event: EventOf<"prompt"> | EventOf<"prompt_edited">): void {
		const turn = this.turn(event, "waiting");
		turn.text = event.text;
		if (event.type === "prompt") turn.seq = event.seq;
		turn.edited ||= event.type === "prompt_edited";
	}

	private promptEnded(event: EventOf<"prompt_ended">): void {
		const turn = this.turn(event, event.outcome);
		turn.state = event.outcome;
		turn.end = { seq: event.seq, time: event.time, reason: event.reason };
		this.dropPartials(event.promptId);
	}

	private turnStarted(event: EventOf<"turn_started">): void {
		const turn = this.turn(event, "running");
		turn.state = "running";
		turn.start = { how: event.how, reason: event.reason, process: event.process, time: event.time };
		turn.end = undefined;
		this.overtake(turn);
		this.dropPartials(event.promptId);
	}

	private message(event: EventOf<"message"> | EventOf<"thinking">): void {
		const key = blockKey(event);
		this.put(this.turn(event, "running"), { kind: event.type, key, text: event.text });
		this.partials = this.partials.filter((p) => p.promptId !== event.promptId || p.key !== key);
	}

	private tool(event: EventOf<"tool_call"> | EventOf<"tool_result">): void {
		const turn = this.turn(event, "running");
		const key = `tool/${event.toolId}`;
		const known = turn.entries.find((entry) => entry.kind === "tool" && entry.key === key);
		const unknown = { kind: "tool" as const, key, toolId: event.toolId, name: "", input: undefined };
		const entry = known?.kind === "tool" ? known : unknown;
		this.put(
			turn,
			event.type === "tool_call" ? { ...entry, ...called(event) } : { ...entry, result: result(event) },
		);
	}

	private permissionRequested(event: EventOf<"permission_requested">): void {
		this.put(this.turn(event, "running"), {
			kind: "permission",
			key: `permission/${event.requestId}`,
			requestId: event.requestId,
			toolId: event.toolId,
			tool: event.tool,
			input: event.input,
		});
	}

	private permissionDecided(event: EventOf<"permission_decided">): void {
		const turn = this.turn(event, "running");
		const asked = turn.entries.find((e) => e.kind === "permission" && e.requestId === event.requestId);
		if (asked?.kind !== "permission") return;
		const { decision, rule, message } = event;
		this.put(turn, { ...asked, decision, rule, message });
	}

	private turnEnded(event: EventOf<"turn_ended">): void {
		const turn = this.turn(event, "running");
		this.dropPartials(event.promptId);
		if (event.outcome === "requeued") {
			turn.state = "waiting";
			this.put(turn, { kind: "requeued", key: `e${event.seq}`, reason: event.reason ?? "" });
			return;
		}
		const { costUsd, durationMs, inputTokens, outputTokens, time, error, reason } = event;
		turn.state = event.outcome;
		turn.end = {
			seq: event.seq,
			time,
			error,
			reason,
			figures: { costUsd, durationMs, inputTokens, outputTokens },
		};
	}

	private remark(event: EventOf<"notice"> | EventOf<"agent_event">): void {
		const key = `e${event.seq}`;
		const entry =
			event.type === "notice"
				? { kind: "notice" as const, key, level: event.level, text: event.text }
				: { kind: "unknown" as const, key, raw: event.raw };
		const { promptId, time } = event;
		if (promptId) this.put(this.turn({ promptId, time }, "waiting"), entry);
		else this.items.push({ kind: "note", key, entry });
	}

	private note(seq: number, text: string): void {
		const key = `e${seq}`;
		this.items.push({ kind: "note", key, entry: { kind: "notice", key, level: "info", text } });
	}

	/** The turn of a prompt, free to change. A turn whose prompt is not in the view begins as `state`. */
	private turn({ promptId, time }: InTurn, state: Turn["state"]): OwnTurn {
		const own = this.owned.get(promptId);
		if (own) return own;
		const at = this.known.has(promptId) ? this.items.findLastIndex(({ key }) => key === promptId) : -1;
		const turn = (this.items[at] as Turn | undefined) ?? begin(promptId, time, state);
		const copy: OwnTurn = { ...turn, entries: [...turn.entries] };
		this.items[at < 0 ? this.items.length : at] = copy;
		this.owned.set(promptId, copy);
		return copy;
	}

	/** Adds an entry to a turn, or replaces the one with its key. */
	private put({ entries }: OwnTurn, entry: Entry): void {
		const at = entries.findLastIndex((e) => e.key === entry.key);
		entries[at < 0 ? entries.length : at] = entry;
	}

	/** A turn that starts stands before the prompts that still wait, whatever order they came in. */
	private overtake(turn: Turn): void {
		const from = this.items.indexOf(turn);
		const to = this.items.findIndex((i) => i.kind === "turn" && i.state === "waiting" && !i.entries.length);
		if (to < 0 || to > from) return;
		this.items.splice(from, 1);
		this.items.splice(to, 0, turn);
	}

	private dropPartials(promptId: string): void {
		this.partials = this.partials.filter((p) => p.promptId !== promptId);
	}
}

function called(event: EventOf<"tool_call">) {
	return { name: event.name, input: event.input };
}

function result(event: EventOf<"tool_result">) {
	return { output: event.output, isError: event.isError, truncated: event.truncated ?? false };
}

function begin(promptId: string, time: string, state: Turn["state"]): Turn {
	return { kind: "turn", key: promptId, promptId, text: undefined, edited: false, time, state, entries: [] };
}
