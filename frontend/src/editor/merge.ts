// Puts together what was changed here and what was changed on disk. Loaded with the first conflict.
import { diff3Merge } from "node-diff3";

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
