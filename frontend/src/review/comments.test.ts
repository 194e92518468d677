import { expect, test } from "vitest";
import { type Comment, promptOf, readComments } from "./comments";

const comment = (more: Partial<Comment>): Comment => ({
	id: "1",
	path: "src/a.ts",
	place: "12",
	code: "return s;",
	text: "Why?",
	...more,
});

test("comments are quoted with file, line and code, in the order of the files", () => {
	const prompt = promptOf([
		comment({ path: "src/b.ts", place: "3", text: " Twice.\n" }),
		comment({ place: "120" }),
		comment({ place: "-7", text: "Keep this." }),
	]);
	expect(prompt).toBe(
		[
			"Please address these 3 comments from my review:",
			"src/a.ts:7 (a line that was removed)\n```\nreturn s;\n```\nKeep this.",
			"src/a.ts:120\n```\nreturn s;\n```\nWhy?",
			"src/b.ts:3\n```\nreturn s;\n```\nTwice.",
		].join("\n\n"),
	);
});

test("code with fences in it stays inside its own", () => {
	expect(promptOf([comment({ code: "````js" })])).toContain("\n`````\n````js\n`````\n");
	expect(promptOf([comment({})])).toMatch(/^Please address this comment/);
});

test("what was kept is read; anything else is no comment", () => {
	expect(readComments(JSON.stringify([comment({}), { id: "2" }, null, 3]))).toEqual([comment({})]);
	expect([undefined, "", "{", "{}", "null"].map(readComments)).toEqual([[], [], [], [], []]);
});
