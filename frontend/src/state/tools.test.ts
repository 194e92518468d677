import { describe, expect, test } from "vitest";
import { details, suggestionWords, summarise } from "./tools";

describe("summarise", () => {
	test.each([
		[{ command: "ls -l\ncd ..", description: "look" }, "command", "ls -l ⏎ cd .."],
		[{ file_path: "/a/b.ts", content: "x" }, "edit", "/a/b.ts"],
		[{ file_path: "/a/b.ts" }, "file", "/a/b.ts"],
		[{ file_path: "/data/shop/src/a.ts" }, "file", "src/a.ts"],
		[{ file_path: "/data/shopping/a.ts" }, "file", "/data/shopping/a.ts"],
		[{ command: "/data/shop/run" }, "command", "/data/shop/run"],
		[{ pattern: "TODO", path: "src" }, "search", "TODO"],
		[{ url: "http://x/" }, "web", "http://x/"],
		[{ whatever: 3, text: "first words" }, "other", "first words"],
		[{ megabytes: 100, seconds: 10, deep: {} }, "other", "megabytes 100, seconds 10"],
		[null, "other", ""],
		["bare", "other", ""],
	])("%j", (input, sort, line) => {
		expect(summarise(input, "/data/shop")).toEqual({ sort, line });
	});
});

describe("details", () => {
	test("leave no field out, known ones first", () => {
		const input = { sandbox: false, new_string: "b", old_string: "a", file_path: "f", nested: { x: [1] } };
		expect(details(input)).toEqual([
			{ label: "File", text: "f", tone: undefined },
			{ label: "Replace", text: "a", tone: "removed" },
			{ label: "With", text: "b", tone: "added" },
			{ label: "sandbox", text: "false", tone: undefined },
			{ label: "nested", text: '{\n  "x": [\n    1\n  ]\n}', tone: undefined },
		]);
	});

	test("show what hides", () => {
		expect(details({ command: "echo \u202e" })[0]?.text).toBe("echo ⟨U+202E⟩");
	});

	test("take inputs that are no object", () => {
		expect(details("x")).toEqual([{ label: "Input", text: "x" }]);
		expect(details(undefined)).toEqual([]);
	});
});

describe("suggestionWords", () => {
	test("say what a rule allows", () => {
		const rules = [{ toolName: "Bash", ruleContent: "npm test:*" }, { toolName: "Read" }];
		expect(suggestionWords([{ type: "addRules", rules }], "")).toBe("Bash: npm test:*, every Read");
	});

	test("say where it ends", () => {
		const edits = { type: "setMode", mode: "acceptEdits", destination: "session" };
		const folders = { type: "addDirectories", directories: ["/data/shop", "/etc"], destination: "session" };
		expect(suggestionWords([folders, edits], "/data/shop")).toBe(
			"files in this workspace, /etc in this session; every edit of a file in this session",
		);
	});

	test("show what they do not know as it is", () => {
		expect(suggestionWords([{ mode: "plan" }, { odd: 1 }], "")).toBe('mode plan; {\n  "odd": 1\n}');
	});
});
