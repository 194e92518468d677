// Figures and states in plain words.
import type { How, ProcessState, SessionState, TierName } from "../api/wire";

const MB = 1024 * 1024;

/** Whole megabytes. */
export function megabytes(bytes: number): number {
	return Math.round(bytes / MB);
}

/** "412 MB", "23.5 GB"; below ten MB with one decimal. */
export function size(bytes: number): string {
	const mb = bytes / MB;
	if (mb >= 9_950) return `${(mb / 1024).toFixed(1)} GB`;
	return `${mb > 0 && mb < 9.95 ? mb.toFixed(1) : Math.round(mb)} MB`;
}

/** "0.8 s", "42 s", "3 min 5 s", "2 h 10 min". */
export function duration(ms: number): string {
	if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
	const s = Math.round(ms / 1000);
	if (s < 60) return `${s} s`;
	if (s < 3600) return join(Math.floor(s / 60), "min", s % 60, "s");
	const minutes = Math.round(s / 60);
	return join(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

/** The same in whole seconds, for what goes on counting. */
export function elapsed(ms: number): string {
	return ms < 9_950 ? `${Math.floor(Math.max(0, ms) / 1000)} s` : duration(ms);
}

function join(a: number, unitA: string, b: number, unitB: string): string {
	return b === 0 ? `${a} ${unitA}` : `${a} ${unitA} ${b} ${unitB}`;
}

/** "$1.24"; small amounts keep two figures that mean something. */
export function cost(usd: number): string {
	if (usd === 0) return "$0";
	if (usd < 0.0001) return "< $0.0001";
	return `$${usd.toFixed(usd < 0.01 ? 4 : usd < 1 ? 3 : 2)}`;
}

/** "950", "1.2k", "34k", "1.3M". */
export function count(n: number): string {
	if (n < 1000) return String(n);
	const [value, unit] = n < 999_500 ? [n / 1000, "k"] : [n / 1_000_000, "M"];
	return `${value < 9.95 ? value.toFixed(1) : Math.round(value)}${unit}`;
}

/** "1 prompt", "3 prompts". */
export function plural(n: number, one: string, many = `${one}s`): string {
	return `${n} ${n === 1 ? one : many}`;
}

/** A reason as the server gives it, as a sentence of its own. */
export function sentence(reason: string): string {
	const text = reason.trim();
	if (text === "") return "";
	return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? "" : "."}`;
}

/** How long ago, short: "now", "4 min", "3 h", "2 d", then the date. */
export function ago(time: string, now: number): string {
	const minutes = Math.floor((now - Date.parse(time)) / 60_000);
	if (!(minutes >= 1)) return "now";
	if (minutes < 60) return `${minutes} min`;
	if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
	if (minutes < 7 * 24 * 60) return `${Math.floor(minutes / (24 * 60))} d`;
	return time.slice(0, 10);
}

/** The time of day, to the second, where the reader is. */
export function clock(time: string): string {
	return new Date(time).toTimeString().slice(0, 8);
}

export const sessionWords: Record<SessionState, string> = {
	idle: "Idle",
	queued: "Queued",
	running: "Working",
	waiting: "Needs you",
};

export const processWords: Record<ProcessState, string> = {
	starting: "Starting",
	idle: "Idle",
	running: "Working",
	stopping: "Stopping",
};

/** How a turn came by its process: a word, and what it means. */
export const howWords: Record<How, { short: string; long: string }> = {
	warm: {
		short: "warm process",
		long: "This session's own process was still running, so the answer began at once.",
	},
	reset: { short: "cleared process", long: "An idle process was cleared and used again for this session." },
	new: { short: "new process", long: "A new process was started for this session." },
	resumed: { short: "resumed from disk", long: "A new process picked the conversation up from disk." },
};

export const tierWords: Record<TierName, { name: string; means: string }> = {
	premium: { name: "Premium", means: "everything is on." },
	standard: { name: "Standard", means: "fewer agents work at the same time." },
	essential: { name: "Essential", means: "one agent works at a time." },
};

/** What an agent's report of a failed call to its model says; empty for anything else. */
export function retryWords(raw: unknown): string {
	const {
		subtype,
		attempt,
		max_retries: most,
		error_status: status,
		retry_delay_ms: delay,
	} = (raw ?? {}) as Record<string, unknown>;
	if (subtype !== "api_retry" || typeof attempt !== "number") return "";
	const why =
		typeof status === "number" ? (failures[status] ?? `it answered ${status}`) : "it does not answer";
	const wait = typeof delay === "number" ? ` in ${Math.max(1, Math.round(delay / 1000))} s` : "";
	return `The model cannot be asked: ${why}. The agent tries again${wait} (attempt ${attempt}${most ? ` of ${most}` : ""}).`;
}

const failures: Record<number, string> = {
	401: "the key is not accepted",
	403: "the key may not use it",
	429: "there were too many requests",
	529: "it is overloaded",
};
