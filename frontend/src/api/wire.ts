// What travels between the page and the server, as the server's contract has it: camelCase JSON,
// times in RFC 3339, sizes in bytes unless the name says MB, durations in the unit of the name.
// Everything else in the page imports these names from here.

export type SessionState = "idle" | "queued" | "running" | "waiting";

export interface Session {
	id: string;
	workspace: string;
	agent: string;
	title: string;
	created: string;
	updated: string;
	state: SessionState;
	turns: number;
	costUsd: number;
	lastSeq: number;
	/** Prompts of this session that wait for a process. */
	queued: number;
}

export interface Workspace {
	name: string;
	path: string;
	created: string;
	/** How many sessions work in it. */
	sessions: number;
}

export interface Agent {
	name: string;
	available: boolean;
	/** What is connected, or what is missing, in words. */
	detail: string;
}

export interface Me {
	user: string;
	agents: Agent[];
	defaultAgent: string;
	version: string;
}

export interface PromptAnswer {
	promptId: string;
	status: "running" | "queued";
	position: number;
	estimatedWait: string;
	estimatedWaitSeconds: number;
	message: string;
	reason: string;
}

export interface EventPage {
	events: SessionEvent[];
	next: number;
}

export interface Problem {
	type?: string;
	title: string;
	status: number;
	detail?: string;
	errors?: { message: string; location?: string; value?: unknown }[];
}

/** How a turn came by its process. */
export type How = "warm" | "reset" | "new" | "resumed";
export type PromptOutcome = "cancelled" | "refused" | "parked";
export type TurnOutcome = "done" | "failed" | "interrupted" | "requeued";
export type Decision = "allow" | "deny" | "withdrawn";
export type NoticeLevel = "info" | "warning";

interface Stored<T extends string> {
	seq: number;
	type: T;
	time: string;
}

export interface PromptEvent extends Stored<"prompt"> {
	promptId: string;
	text: string;
}
export interface PromptEditedEvent extends Stored<"prompt_edited"> {
	promptId: string;
	text: string;
}
export interface PromptEndedEvent extends Stored<"prompt_ended"> {
	promptId: string;
	outcome: PromptOutcome;
	reason: string;
}
export interface TurnStartedEvent extends Stored<"turn_started"> {
	promptId: string;
	how: How;
	process: number | string;
	reason: string;
}
export interface MessageEvent extends Stored<"message"> {
	promptId: string;
	message: string;
	block: number;
	text: string;
}
export interface ThinkingEvent extends Stored<"thinking"> {
	promptId: string;
	message: string;
	block: number;
	text: string;
}
export interface ToolCallEvent extends Stored<"tool_call"> {
	promptId: string;
	toolId: string;
	name: string;
	input: unknown;
}
export interface ToolResultEvent extends Stored<"tool_result"> {
	promptId: string;
	toolId: string;
	output: string;
	isError: boolean;
	truncated?: boolean;
}
export interface PermissionRequestedEvent extends Stored<"permission_requested"> {
	promptId: string;
	requestId: string;
	toolId?: string;
	tool: string;
	input: unknown;
	/** Present when "always" can be offered; in the agent's own terms. */
	suggestions?: unknown[];
}
export interface PermissionDecidedEvent extends Stored<"permission_decided"> {
	promptId: string;
	requestId: string;
	decision: Decision;
	remember?: boolean;
	message?: string;
}
export interface TurnEndedEvent extends Stored<"turn_ended"> {
	promptId: string;
	outcome: TurnOutcome;
	error?: string;
	costUsd: number;
	durationMs: number;
	inputTokens: number;
	outputTokens: number;
	reason?: string;
}
export interface NoticeEvent extends Stored<"notice"> {
	promptId?: string;
	level: NoticeLevel;
	text: string;
}
export interface AgentEvent extends Stored<"agent_event"> {
	promptId?: string;
	raw: unknown;
}

/** One line of a session's log. A newer server may send types that are not listed here. */
export type SessionEvent =
	| PromptEvent
	| PromptEditedEvent
	| PromptEndedEvent
	| TurnStartedEvent
	| MessageEvent
	| ThinkingEvent
	| ToolCallEvent
	| ToolResultEvent
	| PermissionRequestedEvent
	| PermissionDecidedEvent
	| TurnEndedEvent
	| NoticeEvent
	| AgentEvent;

/** A piece of a message that is being written. Never stored. */
export interface Delta {
	session: string;
	promptId: string;
	message: string;
	block: number;
	thinking: boolean;
	/** Length in UTF-16 code units of what was sent of this block before; 0 begins it, or begins it anew. */
	offset: number;
	text: string;
}

export type OwnerKind = "server" | "process" | "tool" | "cache" | "other";
export type MemoryLevel = "normal" | "warning" | "panic" | "emergency";

export interface MemoryOwner {
	owner: string;
	kind: OwnerKind;
	label: string;
	session?: string;
	bytes: number;
}

export interface Memory {
	usedBytes: number;
	budgetBytes: number;
	warningBytes: number;
	panicBytes: number;
	hardLimitBytes: number;
	source: string;
	level: MemoryLevel;
	owners: MemoryOwner[];
}

export type TierName = "premium" | "standard" | "essential";

export interface Tier {
	name: TierName;
	maxAgents: number;
	features: string[];
	scrollbackLines: number;
}

export type ProcessState = "starting" | "idle" | "running" | "resetting" | "stopping";

export interface AgentProcess {
	id: number | string;
	pid: number;
	agent: string;
	session: string;
	workspace: string;
	state: ProcessState;
	bytes: number;
	idleMs: number;
	turns: number;
}

export interface QueueEntry {
	promptId: string;
	session: string;
	position: number;
	estimatedWait: string;
	estimatedWaitSeconds: number;
	message: string;
	reason: string;
	text: string;
}

export interface Alert {
	name: string;
	severity: "warning" | "critical";
	since: string;
	message: string;
}

/** Something the governor did, and why. */
export interface DecisionRecord {
	id: number | string;
	time: string;
	kind: string;
	session?: string;
	promptId?: string;
	process?: number | string;
	reason: string;
}

export interface Status {
	memory: Memory;
	tier: Tier;
	slots: { running: number; max: number; processes: number; maxProcesses: number };
	processes: AgentProcess[];
	queue: QueueEntry[];
	alerts: Alert[];
	decisions: DecisionRecord[];
	uptimeMs: number;
	version: string;
}

/** What the page sends on the stream. */
export type ClientFrame =
	| { type: "subscribe"; session: string; after: number }
	| { type: "unsubscribe"; session: string };

/** What the server sends on the stream. */
export type ServerFrame =
	| { type: "events"; session: string; events: SessionEvent[] }
	| ({ type: "delta" } & Delta)
	| { type: "status"; status: Status }
	| { type: "sessions"; sessions: Session[] }
	| { type: "workspaces"; workspaces: Workspace[] }
	| { type: "error"; detail: string; session?: string }
	| { type: "bye"; reason: string };
