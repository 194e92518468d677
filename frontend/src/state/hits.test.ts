import { expect, test } from "vitest";
import type { SearchHit } from "../api/wire";
import { hitName, marked } from "./hits";

const hit = (snippet: string, ranges: number[][], type = "message") =>
	({ snippet, ranges, type, title: "Fix it" }) as SearchHit;

test("a snippet is cut into what matches and what does not", () => {
	expect(
		marked(
			hit("a 😀 bc b", [
				[5, 6],
				[8, 9],
			]),
		),
	).toEqual([
		{ text: "a 😀 ", hit: false },
		{ text: "b", hit: true },
		{ text: "c ", hit: false },
		{ text: "b", hit: true },
	]);
});

test("ranges that make no sense lose nothing of the snippet", () => {
	const pieces = marked(hit("abcdef", [[4, 2], [1, 99], []]));
	expect(pieces.map((p) => p.text).join("")).toBe("abcdef");
});

test("a hit says what it was found in", () => {
	expect(hitName(hit("", []))).toBe("Answer in Fix it");
	expect(hitName(hit("", [], "of_the_future"))).toBe("Found in Fix it");
});
