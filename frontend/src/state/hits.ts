// What a search found, as it is shown.
import type { SearchHit } from "../api/wire";
import { visible } from "./text";

const names: Record<string, string> = {
	prompt: "Prompt",
	prompt_edited: "Prompt",
	message: "Answer",
	thinking: "Thinking",
	tool_call: "Tool",
	tool_result: "Output",
	notice: "Notice",
	summary: "Summary",
	turn_ended: "Error",
};

/** What a hit was found in: "Answer in Fix the build". */
export function hitName(hit: SearchHit): string {
	return `${names[hit.type] ?? "Found"} in ${visible(hit.title) || "a session without a title"}`;
}

/** A hit's snippet in pieces, those that match marked. */
export function marked(hit: SearchHit): { text: string; hit: boolean }[] {
	const pieces: { text: string; hit: boolean }[] = [];
	let at = 0;
	const add = (to: number, hit: boolean, snippet: string) => {
		if (to > at) pieces.push({ text: visible(snippet.slice(at, to)), hit });
		at = Math.max(at, to);
	};
	for (const [from = 0, to = 0] of hit.ranges) {
		add(from, false, hit.snippet);
		add(to, true, hit.snippet);
	}
	add(hit.snippet.length, false, hit.snippet);
	return pieces;
}
