// What the server says while it searches: a line for each line of a file with matches, then the end.

export interface Match {
	path: string;
	/** From 1. */
	line: number;
	/** Where the first match begins in the line, from 1, in UTF-16 units. */
	column: number;
	/** The line, or what is around its matches when it is long. */
	text: string;
	/** Start and end of each match in the text, in UTF-16 units. */
	ranges: [number, number][];
}

export interface SearchEnd {
	done: true;
	matches: number;
	files: number;
	/** The search stopped at its limit; there is more. */
	truncated: boolean;
	engine: "ripgrep" | "builtin";
}

export type SearchLine = Match | SearchEnd;
