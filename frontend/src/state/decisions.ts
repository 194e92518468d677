// The governor's decisions as a log that can be read: what is said again and again is said once.
import type { DecisionRecord } from "../api/wire";
import { newestFirst } from "./summary";

export const topics = ["turns", "memory", "alerts"] as const;
export type Topic = (typeof topics)[number];

export const topicWords: Record<Topic, string> = { turns: "Turns", memory: "Memory", alerts: "Alerts" };

const topicOfKind: Record<string, Topic> = {
	start_turn: "turns",
	end_turn: "turns",
	interrupt: "turns",
	refuse: "turns",
	raise_alert: "alerts",
	clear_alert: "alerts",
};

export function topicOf(kind: string): Topic {
	return topicOfKind[kind] ?? "memory";
}

/** A decision, and how often the like of it came in a row. */
export interface Told {
	/** The latest of them. */
	readonly decision: DecisionRecord;
	readonly times: number;
	/** When the first of them came. */
	readonly since: string;
}

/**
 * Decisions on a topic, the latest on top. Those in a row that differ in figures only are one, and so are those
 * that take turns: memory that swings around a threshold is told once, not forty times.
 */
export function told(decisions: readonly DecisionRecord[], topic?: Topic): Told[] {
	const list: Told[] = [];
	for (const decision of newestFirst(decisions)) {
		if (topic && topicOf(decision.kind) !== topic) continue;
		const like = list.slice(-2).findIndex((t) => gist(t.decision) === gist(decision));
		const at = like < 0 ? -1 : Math.max(0, list.length - 2) + like;
		const same = list[at];
		if (same) list[at] = { ...same, times: same.times + 1, since: decision.time };
		else list.push({ decision, times: 1, since: decision.time });
	}
	return list;
}

/** What a decision says when its figures are left out. Turns are counted by session: each has its own story. */
function gist({ kind, session, reason }: DecisionRecord): string {
	return `${kind} ${session ?? ""} ${reason.replace(/\d+([.,]\d+)?/g, "#")}`;
}
