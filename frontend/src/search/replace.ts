// Replacing what a search found, in a text that may have changed since.
import type { Match } from "./wire";

export interface Query {
	text: string;
	regex: boolean;
	case: boolean;
	word: boolean;
	include: string;
	exclude: string;
}

export interface Replaced {
	text: string;
	count: number;
	/** Matches that are not where they were found any more. */
	lost: number;
}

/** What a match becomes. Undefined when the browser does not read the expression as the search did. */
export function replacement(query: Query, found: string, rest: Around, by: string): string | undefined {
	if (!query.regex) return by;
	const pattern = expression(query);
	if (!pattern) return undefined;
	pattern.lastIndex = rest.before.length;
	const match = pattern.exec(rest.before + found + rest.after);
	return match?.[0] === found ? filled(by, match) : undefined;
}

/** The line around a match, which an expression may look at. */
export interface Around {
	before: string;
	after: string;
}

/** The search's expression as the browser's own, looking at one place only. */
export function expression(query: Query): RegExp | undefined {
	try {
		return new RegExp(query.text, query.case ? "yu" : "yui");
	} catch {
		return undefined;
	}
}

/** Puts what a pattern's groups found into a replacement: $1, ${1}, $name, $& or $0, and $$ for a dollar. */
function filled(by: string, match: RegExpExecArray): string {
	const group = (name: string) => match.groups?.[name] ?? match[Number(name)] ?? "";
	return by.replace(/\$(?:(\$)|(&)|\{(\w+)\}|(\d{1,2})|(\w+))/g, (_, dollar, all, braced, digits, name) => {
		if (dollar) return "$";
		return all ? match[0] : group(braced ?? digits ?? name);
	});
}

/** Replaces matches in a file's text, each only where the line still has what was found. */
export function replaceIn(text: string, matches: readonly Match[], query: Query, by: string): Replaced {
	const lines = text.split("\n");
	let [count, lost] = [0, 0];
	for (const match of matches) {
		const line = lines[match.line - 1];
		const start = line === undefined ? -1 : placeOf(line, match);
		const made = line === undefined || start < 0 ? undefined : replaceLine(line, start, match, query, by);
		if (made === undefined) lost += match.ranges.length;
		else {
			lines[match.line - 1] = made;
			count += match.ranges.length;
		}
	}
	return { text: lines.join("\n"), count, lost };
}

/** Where in its line the text of a match begins: at 0 but for lines that were cut. -1 when it is not there. */
function placeOf(line: string, { text, column, ranges }: Match): number {
	const plain = text.replace(/\r$/, "");
	const first = ranges[0]?.[0] ?? 0;
	const start = column - 1 - first;
	const inner = uncut(plain, ranges);
	return start + inner.from >= 0 && line.startsWith(inner.text, start + inner.from) ? start : -1;
}

/** A cut line without the ellipses at its ends. */
function uncut(text: string, ranges: Match["ranges"]): { from: number; text: string } {
	const [first, last] = [ranges[0]?.[0] ?? 0, ranges.at(-1)?.[1] ?? 0];
	const from = text.startsWith("…") && first > 0 ? 1 : 0;
	const to = text.endsWith("…") && last < text.length ? text.length - 1 : text.length;
	return { from, text: text.slice(from, to) };
}

function replaceLine(
	line: string,
	start: number,
	match: Match,
	query: Query,
	by: string,
): string | undefined {
	let made = "";
	let done = 0;
	for (const [from, to] of match.ranges) {
		const [at, end] = [start + from, start + to];
		const around = { before: line.slice(0, at), after: line.slice(end) };
		const piece = replacement(query, line.slice(at, end), around, by);
		if (piece === undefined) return undefined;
		made += line.slice(done, at) + piece;
		done = end;
	}
	return made + line.slice(done);
}
