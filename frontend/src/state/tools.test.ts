import { describe, expect, test } from "vitest";
import { details, proposals, summarise } from "./tools";

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

describe("proposals", () => {
	const patterns = (input: unknown) => proposals("Tool", input, "/data/shop").map((p) => p.pattern);

	test("of a command: itself, how it begins, every use", () => {
		expect(patterns({ command: "npm run deploy" })).toEqual(["npm run deploy", "npm run *", "npm *", ""]);
		expect(patterns({ command: "ls" })).toEqual(["ls", ""]);
	});

	test("of commands that are chained: no beginning", () => {
		for (const command of ["npm test && rm x", "npm $(rm x)", "npm test\nrm x", "npm > x"])
			expect(patterns({ command })).toEqual([command, ""]);
	});

	test("of a path: in the workspace, and its folder", () => {
		expect(patterns({ file_path: "/data/shop/src/a.ts" })).toEqual(["src/a.ts", "src/*", ""]);
		expect(patterns({ url: "https://go.dev/doc" })).toEqual(["https://go.dev/doc", "https://go.dev/*", ""]);
	});

	test("of anything else: every use", () => {
		expect(proposals("Odd", { n: 1 }, "")).toEqual([{ pattern: "", words: "every use of Odd" }]);
	});
});
