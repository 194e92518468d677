import { expect, test } from "vitest";
import { meet } from "./meet";
import { merge } from "./merge";

const text = (...lines: string[]) => lines.join("\n");
const base = text("one", "two", "three", "four", "five");

test("changes in different places go together", () => {
	const mine = text("ONE", "two", "three", "four", "five");
	const disk = text("one", "two", "three", "four", "five", "six");
	expect(merge(base, mine, disk)).toEqual({
		text: text("ONE", "two", "three", "four", "five", "six"),
		clashes: 0,
	});
});

test("where both changed the same lines mine stay, and it is told", () => {
	const mine = text("one", "zwei", "three", "four", "five");
	const disk = text("one", "deux", "three", "four", "cinq");
	expect(merge(base, mine, disk)).toEqual({
		text: text("one", "zwei", "three", "four", "cinq"),
		clashes: 1,
	});
});

test("the same change on both sides is no clash", () => {
	const both = text("one", "2", "three", "four", "five");
	expect(merge(base, both, both)).toEqual({ text: both, clashes: 0 });
});

test.each([
	["nothing changed on disk", { base: "a", text: "b", etag: "1" }, { text: "a", etag: "1" }, "nothing"],
	["a clean editor follows", { base: "a", text: "a", etag: "1" }, { text: "c", etag: "2" }, "follow"],
	["somebody wrote what I typed", { base: "a", text: "b", etag: "1" }, { text: "b", etag: "2" }, "agreed"],
	["it was only touched", { base: "a", text: "a", etag: "1" }, { text: "a", etag: "2" }, "agreed"],
	["both changed", { base: "a", text: "b", etag: "1" }, { text: "c", etag: "2" }, "conflict"],
	["it went back to the base", { base: "a", text: "b", etag: "1" }, { text: "a", etag: "2" }, "conflict"],
])("%s", (_, mine, disk, outcome) => {
	expect(meet(mine, disk)).toBe(outcome);
});
