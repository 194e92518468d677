// What the server says while it searches, by its names here: a line for each match, then the end.
import type { components } from "../api/schema.gen";

type Schemas = components["schemas"];

/** A line with matches, or as much of a long one as is around some of them; the rest comes as another. */
export type Match = Omit<Schemas["SearchMatch"], "ranges"> & {
	/** Start and end of each match in the text, in UTF-16 units. */
	ranges: [number, number][];
};
export type SearchEnd = Schemas["SearchEnd"];
export type SearchLine = Match | SearchEnd;
