import { expect, test } from "vitest";
import { chunked, hunksBetween, linesOf, pairsOf, piecesOf, placeOf } from "./lines";

const old = "a\nb\nc\nd\ne\nf\ng\nh\n-\n-\n-\ni\nj\nk\n";
const now = "a\nb\nc\nD\nD2\nf\ng\nh\n-\n-\n-\ni\nj\nk";

test("the hunks between two texts, with a last line that does not end", () => {
	const hunks = hunksBetween(old, now);
	expect(hunks).toHaveLength(2);
	expect(linesOf(hunks[0]!).map(({ is, old, now, text }) => [is, old, now, text])).toEqual([
		["same", 1, 1, "a"],
		["same", 2, 2, "b"],
		["same", 3, 3, "c"],
		["removed", 4, undefined, "d"],
		["removed", 5, undefined, "e"],
		["added", undefined, 4, "D"],
		["added", undefined, 5, "D2"],
		["same", 6, 6, "f"],
		["same", 7, 7, "g"],
		["same", 8, 8, "h"],
	]);
	expect(linesOf(hunks[1]!).filter(({ endless }) => endless)).toEqual([
		{ is: "added", text: "k", now: 14, endless: true },
	]);
});

test("nothing is different between a text and itself", () => {
	expect(hunksBetween(old, old)).toEqual([]);
	expect(hunksBetween("", "")).toEqual([]);
});

test("a new file is added from its first line, a deleted one removed", () => {
	expect(hunksBetween("", "a\n").flatMap(linesOf)).toEqual([{ is: "added", text: "a", now: 1 }]);
	expect(hunksBetween("a\n", "").flatMap(linesOf)).toEqual([{ is: "removed", text: "a", old: 1 }]);
});

test("what was removed stands beside what was added in its place", () => {
	const pairs = pairsOf(linesOf(hunksBetween("a\nb\nc\nz\n", "a\nB\nz\nend\n")[0]!));
	expect(pairs.map(({ old, now }) => [old?.text, now?.text])).toEqual([
		["a", "a"],
		["b", "B"],
		["c", undefined],
		["z", "z"],
		[undefined, "end"],
	]);
	expect(pairs.map(({ old, now }) => placeOf((now ?? old)!))).toEqual(["1", "2", "-3", "3", "4"]);
});

const pair = (a: string, b: string) => ({
	old: { is: "removed" as const, text: a, old: 1 },
	now: { is: "added" as const, text: b, now: 1 },
});
const marked = (pieces: { text: string; changed: boolean }[]) =>
	pieces.map(({ text, changed }) => (changed ? `[${text}]` : text)).join("");

test("the words that changed inside a line are marked", () => {
	const { old, now } = piecesOf(pair("return s + i.price * i.count;", "return s + i.price * i.amount;"));
	expect([marked(old), marked(now)]).toEqual([
		"return s + i.price * i.[count];",
		"return s + i.price * i.[amount];",
	]);
});

test("lines with little in common, alone, or very long are not marked", () => {
	expect(marked(piecesOf(pair("import a", "export function whatever() {}")).now)).not.toContain("[");
	expect(piecesOf({ now: pair("", "x").now })).toEqual({ old: [], now: [{ text: "x", changed: false }] });
	expect(piecesOf(pair("a".repeat(900), "b".repeat(900))).old).toHaveLength(1);
});

test("chunks are all of it, in order", () => {
	expect(chunked([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
	expect(chunked([], 2)).toEqual([]);
});
