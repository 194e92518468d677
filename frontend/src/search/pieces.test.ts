import { expect, test } from "vitest";
import { piecesOf } from "./pieces";
import type { Match } from "./wire";

const match = (text: string, ...ranges: [number, number][]): Match => ({
	path: "a",
	line: 1,
	column: 1,
	text,
	ranges,
});
const query = { text: "(to)tal", regex: true, case: false, word: false, include: "", exclude: "" };
const marks = { plain: ["", ""], found: ["<", ">"], removed: ["-", "-"], added: ["+", "+"] };
const drawn = (pieces: ReturnType<typeof piecesOf>) =>
	pieces.map(({ text, is }) => marks[is].join(text)).join("");

test("what was found is marked; the indent is left out", () => {
	expect(drawn(piecesOf(match("\t\ttotal = total", [2, 7], [10, 15]), query, undefined))).toBe(
		"<total> = <total>",
	);
});

test("what a match would become stands beside it", () => {
	expect(drawn(piecesOf(match("total", [0, 5]), query, "$1"))).toBe("-total-+to+");
	expect(drawn(piecesOf(match("total;", [0, 5]), query, ""))).toBe("-total-;");
});

test("a line that is long before the match begins near it", () => {
	const text = `${"x".repeat(200)}total`;
	expect(drawn(piecesOf(match(text, [200, 205]), query, undefined))).toBe(`…${"x".repeat(12)}<total>`);
});

test("a line begins whole as long as the match is near its beginning", () => {
	expect(drawn(piecesOf(match("\treturn a + total", [12, 17]), query, undefined))).toBe("return a + <total>");
});

test("letters that would turn others round are shown as such", () => {
	expect(drawn(piecesOf(match("\u202etotal", [1, 6]), query, undefined))).toBe("⟨U+202E⟩<total>");
});
