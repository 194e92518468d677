// What is happening, as one would tell a visitor.
import type { DecisionRecord, MemoryLevel, Status } from "../api/wire";
import { plural } from "./words";

/** One or two sentences on work and waiting. */
export function workWords({ slots, queue }: Status): string {
	const work =
		slots.running === 0 ? "No agent is working right now." : `Agents at work: ${workingWords(slots)}.`;
	return queue.length === 0
		? work
		: `${work} ${plural(queue.length, "prompt waits", "prompts wait")} for a turn.`;
}

/** "1 of 2". Where fewer may work than do, as when memory has got short, those that do are not said to be "2 of 1". */
export function workingWords({ running, max }: Status["slots"]): string {
	return running > max ? `${running}; they go on, and then ${max} may` : `${running} of ${max}`;
}

/** The same, short. */
export function workingShort({ running, max }: Status["slots"]): string {
	return running > max ? `${running}` : `${running}/${max}`;
}

/** What the level of memory use means for the reader. */
export const levelWords: Record<MemoryLevel, string> = {
	normal: "Memory is fine.",
	warning: "Memory is getting short: idle processes are given back.",
	panic: "Memory is short: idle processes are stopped and new prompts wait.",
	emergency: "Memory is nearly gone: what grows fastest is being stopped to keep the server alive.",
};

const decisionWords: Record<string, string> = {
	start_turn: "Turn started",
	end_turn: "Turn ended",
	interrupt: "Turn stopped",
	evict: "Process given back",
	freeze: "Paused",
	thaw: "Goes on",
	kill: "Stopped",
	reclaimed: "Memory given back",
	sweep_shared: "Files in memory swept",
	set_level: "Memory level",
	refuse: "Prompt not accepted",
	set_tier: "Tier changed",
	raise_alert: "Alert",
	clear_alert: "Alert over",
};

/** What kind of thing was decided; a newer server may have kinds that are not known here. */
export function decisionName(kind: string): string {
	return decisionWords[kind] ?? kind.replaceAll("_", " ");
}

/** Decisions, the latest on top. */
export function newestFirst(decisions: readonly DecisionRecord[]): DecisionRecord[] {
	return [...decisions].sort((a, b) => b.time.localeCompare(a.time) || b.id - a.id);
}
