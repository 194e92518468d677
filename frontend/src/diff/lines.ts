// A diff's hunks as lines to show, one under the other or side by side, and what changed inside a line.
import { diffWordsWithSpace, structuredPatch } from "diff";
import type { Hunk } from "../review/wire";

export interface Line {
	is: "same" | "added" | "removed";
	text: string;
	/** Its number in the old and in the new text; undefined where it is not. */
	old?: number;
	now?: number;
	/** The last line of a text that does not end with a line feed. */
	endless?: boolean;
}

/** Two lines that stand side by side; one is missing where nothing corresponds. */
export interface Pair {
	old?: Line;
	now?: Line;
}

/** A piece of a line; `changed` against the line that it is paired with. */
export interface Piece {
	text: string;
	changed: boolean;
}

/** The hunks between two texts. */
export function hunksBetween(old: string, now: string, context = 3): Hunk[] {
	const patch = structuredPatch("", "", old, now, undefined, undefined, { context, timeout: 2000 });
	return (patch?.hunks ?? []).map((hunk) => ({ header: "", ...hunk }));
}

export function linesOf(hunk: Hunk): Line[] {
	let [old, now] = [hunk.oldStart, hunk.newStart];
	const lines: Line[] = [];
	for (const raw of hunk.lines) {
		const text = raw.slice(1);
		if (raw.startsWith("+")) lines.push({ is: "added", text, now: now++ });
		else if (raw.startsWith("-")) lines.push({ is: "removed", text, old: old++ });
		else if (raw.startsWith("\\"))
			lines.splice(-1, 1, ...lines.slice(-1).map((l) => ({ ...l, endless: true })));
		else lines.push({ is: "same", text, old: old++, now: now++ });
	}
	return lines;
}

/** Puts lines side by side: what was removed next to what was added in its place. */
export function pairsOf(lines: readonly Line[]): Pair[] {
	const pairs: Pair[] = [];
	for (let i = 0; i < lines.length; ) {
		const removed = run(lines, i, "removed");
		const added = run(lines, i + removed.length, "added");
		const changed = Math.max(removed.length, added.length);
		for (let n = 0; n < changed; n++) pairs.push({ old: removed[n], now: added[n] });
		i += removed.length + added.length;
		const line = lines[i];
		if (changed === 0 && line) {
			pairs.push({ old: line, now: line });
			i++;
		}
	}
	return pairs;
}

function run(lines: readonly Line[], from: number, is: Line["is"]): Line[] {
	let to = from;
	while (lines[to]?.is === is) to++;
	return lines.slice(from, to);
}

/** Longer lines are not looked into. */
const longest = 600;

/** What is different between two lines that stand side by side; nothing is marked where little is common. */
export function piecesOf({ old, now }: Pair): { old: Piece[]; now: Piece[] } {
	const whole = (line: Line | undefined) => (line ? [{ text: line.text, changed: false }] : []);
	const plain = { old: whole(old), now: whole(now) };
	if (!old || !now || old === now || old.text.length + now.text.length > 2 * longest) return plain;
	const parts = diffWordsWithSpace(old.text, now.text);
	const common = parts
		.filter((p) => !p.added && !p.removed)
		.reduce((sum, p) => sum + p.value.trim().length, 0);
	if (common * 3 < Math.max(old.text.length, now.text.length)) return plain;
	return {
		old: parts.filter((p) => !p.added).map((p) => ({ text: p.value, changed: p.removed })),
		now: parts.filter((p) => !p.removed).map((p) => ({ text: p.value, changed: p.added })),
	};
}

/** The place of a line in a file, for what refers to it: in the new text, or in the old where it is gone. */
export function placeOf(line: Line): string {
	return line.is === "removed" ? `-${line.old}` : `${line.now}`;
}

/** Cuts a list into pieces of at most `size`, which are drawn when they come into sight. */
export function chunked<T>(list: readonly T[], size: number): T[][] {
	return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
		list.slice(i * size, (i + 1) * size),
	);
}
