import { describe, expect, test } from "vitest";
import { filled, isPatch, patched, patches, repeated, suggestedPath } from "./apply";

describe("the file that a block is about", () => {
	test.each([
		["ts src/a.ts", "", "src/a.ts"],
		['js title="lib/b.js"', "", "lib/b.js"],
		["python", "# tools/run.py\nprint(1)", "tools/run.py"],
		["go", "// file: main.go\npackage main", "main.go"],
		["html", "<!-- index.html -->\n<p>", "index.html"],
		["ts", "// adds two numbers\nadd()", ""],
		["sh", "#!/bin/sh\nls", ""],
		["ts ../../etc/passwd", "", ""],
		["", "", ""],
	])("%j %j", (info, code, expected) => {
		expect(suggestedPath(info, code)).toBe(expected);
	});
});

const patch = "--- a/src/a.ts\n+++ b/src/a.ts\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n";

test("a patch is told from other text", () => {
	expect(isPatch(patch)).toBe(true);
	expect(isPatch("--- a list ---\n+ one\n")).toBe(false);
});

describe("a patch", () => {
	const [file] = patches(patch);

	test("names its file and changes it, also where lines have moved", () => {
		expect(file).toMatchObject({ path: "src/a.ts", makes: false });
		expect(file && patched("one\ntwo\nthree\n", file)).toEqual({ text: "one\nTWO\nthree\n" });
		expect(file && patched("zero\none\ntwo\nthree\n", file)).toEqual({ text: "zero\none\nTWO\nthree\n" });
	});

	test("that does not fit says so", () => {
		expect(file && patched("one\n2\nthree\n", file)).toEqual({
			problem: expect.stringMatching("does not fit"),
		});
	});

	test("makes and does not delete files", () => {
		const [made] = patches("--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+hello\n");
		expect(made).toMatchObject({ path: "new.txt", makes: true });
		expect(made && patched(undefined, made)).toEqual({ text: "hello\n" });
		for (const there of ["", "others\n"])
			expect(made && patched(there, made)).toEqual({ problem: expect.stringMatching("one already") });
		const [gone] = patches("--- a/old.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-hello\n");
		expect(gone && patched("hello\n", gone)).toEqual({ problem: expect.stringMatching("deleted") });
	});

	test.each([
		["a mode", "old mode 100644\nnew mode 100755\n", "mode 100755"],
		["a mode and lines", `old mode 100644\nnew mode 100755\n${patch}`, "mode 100755"],
		["a binary file", "index 1..2 100644\nBinary files a/src/a.ts and b/src/a.ts differ\n", "binary"],
		["an empty file", "new file mode 100644\nindex 0000000..e69de29\n", "empty"],
	])("of %s is not taken for one of lines", (_, section, problem) => {
		const [file] = patches(`diff --git a/src/a.ts b/src/a.ts\n${section}`);
		expect(file && patched("one\ntwo\nthree\n", file)).toEqual({ problem: expect.stringMatching(problem) });
	});

	test("of several files is one for each", () => {
		expect(patches(patch + patch.replaceAll("a.ts", "b.ts")).map((f) => f.path)).toEqual([
			"src/a.ts",
			"src/b.ts",
		]);
		expect(repeated(patches(patch + patch.replaceAll("a.ts", "b.ts")))).toBeUndefined();
	});

	test("with more than one part for a file says which file that is", () => {
		expect(repeated(patches(patch.replaceAll("a.ts", "b.ts") + patch + patch))).toBe("src/a.ts");
	});

	test.each([
		["with other lines", patch.replace("b/src/a.ts", "b/lib/a.ts")],
		["alone", "diff --git a/src/a.ts b/lib/a.ts\nrename from src/a.ts\nrename to lib/a.ts\n"],
	])("that moves a file, %s, is not applied as if it did not", (_, code) => {
		const [moves] = patches(code);
		expect(moves).toMatchObject({ path: "src/a.ts", to: "lib/a.ts" });
		expect(moves && patched("one\ntwo\nthree\n", moves)).toEqual({
			problem: expect.stringMatching("become lib/a.ts"),
		});
	});
});

test("a block takes the place of a file, or comes after it, and ends its last line", () => {
	expect(filled("old\n", "new", "replace")).toEqual({ text: "new\n" });
	expect(filled("old", "new\n", "append")).toEqual({ text: "old\nnew\n" });
	expect(filled("", "new", "append")).toEqual({ text: "new\n" });
});
