// What several tests of the state need: a log made by chance, and the same chance again for a seed.
import type { Delta, SessionEvent } from "../api/wire";
import type { Conversation } from "./view";

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function chance(seed: number): () => number {
	let a = seed;
	return () => {
		a = (a + 0x6d2b79f5) | 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

export function below(random: () => number, n: number): number {
	return Math.floor(random() * n);
}

// biome-ignore lint/suspicious/noExplicitAny: tests write events as they come over the wire
type Loose = { type: string } & Record<string, any>;

/** Events with seq and time filled in, from `first`. */
export function log(events: Loose[], first = 1): SessionEvent[] {
	const time = (i: number) => new Date(1_790_000_000_000 + i * 1000).toISOString();
	return events.map((e, i) => ({ seq: first + i, time: time(i), ...e })) as unknown as SessionEvent[];
}

export function delta(part: Partial<Delta>): Delta {
	return {
		session: "s",
		promptId: "p1",
		message: "m",
		block: 0,
		thinking: false,
		offset: 0,
		text: "",
		...part,
	};
}

/** The view without what only lives while a message is being written. */
export function durable(view: Conversation): Conversation {
	return { ...view, partials: [] };
}

/** A log such as a session could have: prompts queue up, turns run one at a time, some are put back. */
export function madeUpLog(random: () => number, length: number): SessionEvent[] {
	const events: Loose[] = [];
	const waiting: string[] = [];
	let running: string | undefined;
	let n = 0;
	const ended = { costUsd: 0.01, durationMs: 900, inputTokens: 10, outputTokens: 5 };
	while (events.length < length) {
		const promptId = running;
		const dice = below(random, 10);
		if (!promptId && waiting.length > 0 && dice > 2) {
			running = waiting.splice(below(random, waiting.length), 1)[0];
			events.push({ type: "turn_started", promptId: running, how: "warm", process: 1, reason: "" });
		} else if (!promptId || dice === 0) {
			waiting.push(`p${++n}`);
			events.push({ type: "prompt", promptId: `p${n}`, text: `prompt ${n}` });
		} else if (dice === 1) {
			const outcome = ["done", "failed", "interrupted", "requeued"][below(random, 4)] ?? "done";
			if (outcome === "requeued") waiting.unshift(promptId);
			events.push({ type: "turn_ended", promptId, outcome, reason: "because", ...ended });
			running = undefined;
		} else if (dice === 2)
			events.push({ type: "notice", ...(n % 2 ? { promptId } : {}), level: "info", text: `note ${n}` });
		else if (dice < 5)
			events.push({ type: "message", promptId, message: `m${++n}`, block: 0, text: `text ${n}` });
		else if (dice === 5)
			events.push({ type: "thinking", promptId, message: `m${++n}`, block: 0, text: `thought ${n}` });
		else if (dice === 6) events.push({ type: "from_the_future", promptId, anything: n });
		else if (dice === 7) events.push({ type: "agent_event", promptId, raw: { type: "x", n } });
		else {
			const about = { promptId, toolId: `t${++n}` };
			events.push({ type: "tool_call", ...about, name: "Bash", input: { command: `run ${n}` } });
			if (dice === 9) {
				events.push({ type: "permission_requested", ...about, requestId: `r${n}`, tool: "Bash", input: {} });
				events.push({ type: "permission_decided", promptId, requestId: `r${n}`, decision: "allow" });
			}
			events.push({ type: "tool_result", ...about, output: `out ${n}`, isError: dice === 9 });
		}
	}
	return log(events);
}
