import { describe, expect, test } from "vitest";
import { attachmentPath, completed, fileChoice, fitting, wanted, withAttachments } from "./complete";

describe("wanted", () => {
	test.each([
		["/com", 4, { kind: "command", query: "com", from: 0, to: 4 }],
		["/", 1, { kind: "command", query: "", from: 0, to: 1 }],
		["see @src/a", 10, { kind: "file", query: "src/a", from: 4, to: 10 }],
		["@", 1, { kind: "file", query: "", from: 0, to: 1 }],
		["line\n@x", 7, { kind: "file", query: "x", from: 5, to: 7 }],
	])("%j at %i", (text, caret, is) => {
		expect(wanted(text, caret)).toEqual(is);
	});

	test.each([
		["say /com", 8],
		["/com pact", 9],
		["me@example.org", 14],
		["@a b", 4],
		["", 0],
	])("nothing in %j at %i", (text, caret) => {
		expect(wanted(text, caret)).toBeUndefined();
	});
});

test("completed puts the choice in, and the caret behind it", () => {
	const text = "see @sr and go";
	const at = wanted(text, 7);
	expect(at && completed(text, at, fileChoice("src/a.ts"))).toEqual({
		text: "see @src/a.ts and go",
		caret: 14,
	});
});

test("fitting takes what begins so first", () => {
	const commands = ["recompact", "compact", "cost"].map((name) => ({ name, description: name }));
	expect(fitting(commands, "co").map((c) => c.insert)).toEqual(["/compact", "/cost", "/recompact"]);
	expect(fitting(commands, "", 1)).toHaveLength(1);
	expect(fitting([{ name: "x", description: "d", argument: "[n]" }], "x")).toEqual([
		{ insert: "/x", name: "/x [n]", about: "d" },
	]);
});

test("fileChoice quotes a path with spaces", () => {
	expect(fileChoice("my docs/a b.md")).toEqual({
		insert: '@"my docs/a b.md"',
		name: "a b.md",
		about: "my docs",
	});
});

test("attachmentPath leads nowhere else", () => {
	const now = new Date("2026-01-02T03:04:05Z");
	expect(attachmentPath("../../etc/pass wd.png", now)).toBe(
		".coder1/attachments/20260102T030405-etc-pass-wd.png",
	);
	expect(attachmentPath("…", now)).toBe(".coder1/attachments/20260102T030405-file");
});

test("withAttachments names the files that the text does not", () => {
	expect(withAttachments("look at @a.png ", ["a.png", "b.png"])).toBe("look at @a.png\n\n@b.png");
	expect(withAttachments("", ["b.png"])).toBe("@b.png");
});
