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
	/** line -> what changes in it; a long line may have come in several pieces */
	const edits = new Map<number, Edit[]>();
	let [count, lost] = [0, 0];
	for (const match of matches) {
		const made = editsOf(lines[match.line - 1], match, query, by);
		if (made === undefined) lost += match.ranges.length;
		else {
			edits.set(match.line, [...(edits.get(match.line) ?? []), ...made]);
			count += match.ranges.length;
		}
	}
	for (const [number, made] of edits) lines[number - 1] = edited(lines[number - 1] ?? "", made);
	return { text: lines.join("\n"), count, lost };
}

interface Edit {
	from: number;
	to: number;
	text: string;
}

/** What a match changes in its line; undefined when the line is not what it was. */
function editsOf(line: string | undefined, match: Match, query: Query, by: string): Edit[] | undefined {
	const start = line === undefined ? -1 : placeOf(line, match);
	if (line === undefined || start < 0) return undefined;
	const edits: Edit[] = [];
	for (const range of match.ranges) {
		const [from, to] = [start + range[0], start + range[1]];
		const around = { before: line.slice(0, from), after: line.slice(to) };
		const text = replacement(query, line.slice(from, to), around, by);
		if (text === undefined) return undefined;
		edits.push({ from, to, text });
	}
	return edits;
}

function edited(line: string, edits: Edit[]): string {
	const backwards = edits.sort((a, b) => b.from - a.from);
	return backwards.reduce((done, { from, to, text }) => done.slice(0, from) + text + done.slice(to), line);
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
