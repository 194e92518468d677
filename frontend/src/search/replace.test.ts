import { expect, test } from "vitest";
import { type Query, replaceIn } from "./replace";
import type { Match } from "./wire";

const query = (text: string, more: Partial<Query> = {}): Query => ({
	text,
	regex: false,
	case: false,
	word: false,
	include: "",
	exclude: "",
	...more,
});

/** What a search would tell of a text's lines. */
function found(text: string, pattern: RegExp): Match[] {
	return text.split("\n").flatMap((line, i) => {
		const ranges = [...line.matchAll(pattern)].map((m): [number, number] => [m.index, m.index + m[0].length]);
		const column = (ranges[0]?.[0] ?? 0) + 1;
		return ranges.length === 0 ? [] : [{ path: "a", line: i + 1, column, text: line, ranges }];
	});
}

const text = "total = Total(a) + total\nnothing\nsubtotal\n";

test("every match is replaced, and nothing else", () => {
	expect(replaceIn(text, found(text, /total/gi), query("total"), "sum")).toEqual({
		text: "sum = sum(a) + sum\nnothing\nsubsum\n",
		count: 4,
		lost: 0,
	});
});

test("a plain replacement has no special letters", () => {
	expect(replaceIn("a", found("a", /a/g), query("a"), "$& $1 \\n")).toMatchObject({ text: "$& $1 \\n" });
});

test("groups of an expression can be used", () => {
	const line = "total(items)";
	const by = (to: string) =>
		replaceIn(
			line,
			found(line, /(\w+)\((?<what>\w+)\)/g),
			query("(\\w+)\\((?<what>\\w+)\\)", { regex: true }),
			to,
		).text;
	expect(by("$2.$1()")).toBe("items.total()");
	// biome-ignore lint/suspicious/noTemplateCurlyInString: it is a replacement's own way to name a group
	expect(by("${2}_$what $& $0 $$1")).toBe("items_items total(items) total(items) $1");
	expect(by("$9")).toBe("");
});

test("an expression may look at what is around a match", () => {
	const line = "price priced";
	const pattern = query("\\bprice\\b", { regex: true });
	expect(replaceIn(line, found(line, /\bprice\b/g), pattern, "cost").text).toBe("cost priced");
});

test("a match that is not there any more is left alone and counted", () => {
	const matches = found(text, /total/gi);
	expect(replaceIn("other\nnothing\nsubtotal", matches, query("total"), "sum")).toEqual({
		text: "other\nnothing\nsubsum",
		count: 1,
		lost: 3,
	});
	expect(replaceIn("", matches, query("total"), "sum").lost).toBe(4);
});

test("an expression that the browser reads otherwise replaces nothing", () => {
	const match: Match = { path: "a", line: 1, column: 1, text: "aab", ranges: [[0, 1]] };
	expect(replaceIn("aab", [match], query("a+", { regex: true }), "x")).toMatchObject({
		text: "aab",
		lost: 1,
	});
	expect(replaceIn("aab", [match], query("(?i-u:a)[", { regex: true }), "x")).toMatchObject({ lost: 1 });
});

test("in a long line that was cut, matches are found by their column", () => {
	const line = `${"x".repeat(500)}total${"y".repeat(500)}`;
	const cut = `…${line.slice(480, 520)}…`;
	const match: Match = { path: "a", line: 1, column: 501, text: cut, ranges: [[21, 26]] };
	const by = replaceIn(line, [match], query("total"), "sum");
	expect(by.text).toBe(`${"x".repeat(500)}sum${"y".repeat(500)}`);
	const whole: Match = { ...match, text: line.slice(480, 520), ranges: [[20, 25]] };
	expect(replaceIn(line, [whole], query("total"), "sum").count).toBe(1);
});

test("a long line that came in several pieces is replaced as a whole", () => {
	const line = `total ${"x".repeat(500)} total, total`;
	const last = line.length - 12;
	const first: Match = { path: "a", line: 1, column: 1, text: line.slice(0, 400), ranges: [[0, 5]] };
	const second: Match = {
		path: "a",
		line: 1,
		column: last + 1,
		text: line.slice(last - 100),
		ranges: [
			[100, 105],
			[107, 112],
		],
	};
	expect(replaceIn(line, [first, second], query("total"), "a longer sum")).toEqual({
		text: `a longer sum ${"x".repeat(500)} a longer sum, a longer sum`,
		count: 3,
		lost: 0,
	});
});
