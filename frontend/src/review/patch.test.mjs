import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { structuredPatch } from "diff";
import { expect, onTestFinished, test } from "vitest";
import { patchOf } from "./patch";

const before = Array.from({ length: 40 }, (_, i) => `line ${i + 1}`);
/** Changed near the top (a line more), in the middle (two less), and the last line, which has no end. */
const after = [...before];
after.splice(35, 4, "late");
after.splice(20, 3, "middle");
after.splice(1, 1, "second", "and a half");

const text = (lines) => `${lines.join("\n")}\n`;

function fileOf(path, old, now) {
	const { hunks } = structuredPatch(path, path, old, now, undefined, undefined, { context: 3 });
	return {
		path,
		status: "modified",
		added: 0,
		removed: 0,
		binary: false,
		truncated: false,
		hunks: hunks.map((hunk) => ({ header: "", ...hunk })),
	};
}

/** What `git apply` makes of a file's text. */
function applied(path, content, patch, reverse) {
	const folder = mkdtempSync(join(tmpdir(), "patch-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	writeFileSync(join(folder, path), content);
	execFileSync("git", ["apply", ...(reverse ? ["-R"] : [])], { cwd: folder, input: patch });
	return readFileSync(join(folder, path), "utf8");
}

test("hunks that are left out shift the side that is not applied to", () => {
	const file = fileOf("a.txt", text(before), text(after));
	const [, second, third] = file.hunks;
	const headers = (patch) => patch.split("\n").filter((line) => line.startsWith("@@"));
	expect(file.hunks).toHaveLength(3);
	expect(headers(patchOf(file, [third], false))).toEqual(["@@ -33,8 +33,5 @@"]);
	expect(headers(patchOf(file, [third], true))).toEqual(["@@ -32,8 +32,5 @@"]);
	expect(headers(patchOf(file, [second, third], false))).toEqual(["@@ -18,9 +18,7 @@", "@@ -33,8 +31,5 @@"]);
});

// Git itself is the judge: every choice of hunks, both ways.
test.each(["plain.txt", "with space.txt", 'quo"te\\and\ttab.txt', "ümlaut <b>.txt"])(
	"git applies any choice of hunks of %j, forwards and back",
	(path) => {
		const [old, now] = [text(before), text(after).trimEnd()];
		const file = fileOf(path, old, now);
		for (let choice = 1; choice < 2 ** file.hunks.length; choice++) {
			const chosen = file.hunks.filter((_, i) => choice & (1 << i));
			const rest = file.hunks.filter((hunk) => !chosen.includes(hunk));
			const half = applied(path, old, patchOf(file, chosen, false), false);
			const back = rest.length === 0 ? now : applied(path, now, patchOf(file, rest, true), true);
			expect(half).toBe(back);
			expect(half).not.toBe(old);
		}
	},
);
