// A found line as pieces to show: what was found in it, or what it would become.
import { visible } from "../state/text";
import { type Query, replacement } from "./replace";
import type { Match } from "./wire";

export interface Piece {
	text: string;
	is: "plain" | "found" | "removed" | "added";
}

/** Letters before the first match: with more of them it is out of sight in a sidebar of the usual width. */
const before = 12;

export function piecesOf({ text, ranges }: Match, query: Query | undefined, by: string | undefined): Piece[] {
	const pieces: Piece[] = [];
	const add = (piece: string, is: Piece["is"]) => {
		if (piece !== "") pieces.push({ text: visible(piece), is });
	};
	const start = beginning(text, ranges[0]?.[0] ?? 0);
	let done = start;
	if (start > 0 && text.slice(0, start).trim() !== "") add("…", "plain");
	for (const [from, to] of ranges) {
		const found = text.slice(from, to);
		add(text.slice(done, from), "plain");
		done = to;
		if (by === undefined || !query) add(found, "found");
		else {
			add(found, "removed");
			add(
				replacement(query, found, { before: text.slice(0, from), after: text.slice(to) }, by) ?? "",
				"added",
			);
		}
	}
	add(text.slice(done), "plain");
	return pieces;
}

/** Where a line begins to be shown: after its indent, and not far before what was found. */
function beginning(text: string, first: number): number {
	const indent = text.length - text.trimStart().length;
	return first - indent > before ? first - before : Math.min(indent, first);
}
