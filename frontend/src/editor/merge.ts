// What to do when a file on disk is not what the editor began with any more.
import { diff3Merge } from "node-diff3";

/** What an editor knows of its file: the text it began with, the text it has now, the etag it began with. */
export interface Mine {
	base: string;
	text: string;
	etag: string;
}

export interface Disk {
	text: string;
	etag: string;
}

/**
 * `nothing` happened; `agreed`: the disk has what was typed here; `follow`: nothing was typed, so the
 * editor takes what is there; `conflict`: both changed.
 */
export type Outcome = "nothing" | "agreed" | "follow" | "conflict";

export function meet(mine: Mine, disk: Disk): Outcome {
	if (disk.etag === mine.etag) return "nothing";
	if (disk.text === mine.text) return "agreed";
	return mine.text === mine.base ? "follow" : "conflict";
}

export interface Merged {
	text: string;
	/** Places where both changed the same lines; mine are in the text. */
	clashes: number;
}

/** Puts both changes together; where they touch the same lines, mine stay for the reader to judge. */
export function merge(base: string, mine: string, disk: string): Merged {
	const lines = (text: string) => text.split("\n");
	const regions = diff3Merge(lines(mine), lines(base), lines(disk), { excludeFalseConflicts: true });
	return {
		text: regions.flatMap(({ ok, conflict }) => ok ?? conflict?.a ?? []).join("\n"),
		clashes: regions.filter(({ conflict }) => conflict).length,
	};
}
