import { expect, test } from "vitest";
import { choiceOf, commitOf, fileActions, hunkActions, isMixed, stagedPart, statusOf } from "./actions";
import type { DiffFile, FileStatus, GitStatus, Hunk, StatusFile } from "./wire";

const file = (index: FileStatus, worktree: FileStatus): StatusFile => ({ path: "a", index, worktree });
const diff = (more: Partial<DiffFile> = {}): DiffFile => ({
	path: "a",
	status: "modified",
	added: 1,
	removed: 1,
	binary: false,
	truncated: false,
	lossy: false,
	hunks: [],
	...more,
});

test.each<[FileStatus, FileStatus, string[], string, FileStatus]>([
	["unmodified", "modified", ["stage", "discard"], "none", "modified"],
	["modified", "unmodified", ["unstage"], "all", "modified"],
	["modified", "modified", ["stage", "discard", "unstage"], "some", "modified"],
	["added", "unmodified", ["unstage"], "all", "added"],
	["added", "deleted", ["stage", "discard", "unstage"], "some", "deleted"],
	["untracked", "untracked", ["stage", "discard"], "none", "untracked"],
	["unmodified", "untracked", ["stage", "discard"], "none", "untracked"],
	["renamed", "unmodified", ["unstage"], "all", "renamed"],
	["conflicted", "conflicted", ["stage", "discard"], "conflict", "conflicted"],
])("index %s, working tree %s", (index, worktree, actions, part, shown) => {
	expect(fileActions(file(index, worktree))).toEqual(actions);
	expect(stagedPart(file(index, worktree))).toBe(part);
	expect(statusOf(file(index, worktree))).toBe(shown);
});

test("hunks can be chosen where they are those of the index", () => {
	const unstaged = file("unmodified", "modified");
	expect(hunkActions("index", diff(), unstaged)).toEqual(["stage", "discard"]);
	expect(hunkActions("staged", diff(), file("modified", "unmodified"))).toEqual(["unstage"]);
	expect(hunkActions("HEAD", diff(), unstaged)).toEqual(["stage", "discard"]);
	expect(hunkActions("HEAD", diff(), file("modified", "unmodified"))).toEqual(["unstage"]);
	expect(hunkActions("main", diff(), unstaged)).toEqual([]);
});

test("of a file that is changed in both places, each hunk is taken as the one place has it", () => {
	const both = file("modified", "modified");
	const hunk = (oldStart: number, newStart: number, line: string): Hunk => ({
		header: "",
		oldStart,
		oldLines: 0,
		newStart,
		newLines: 1,
		lines: [`+${line}`],
	});
	// "a" is staged, "b" is not, and "c" is staged without its second half.
	const whole = diff({ hunks: [hunk(1, 1, "a"), hunk(9, 10, "b"), hunk(20, 22, "c, c")] });
	const staged = diff({ hunks: [hunk(1, 1, "a"), hunk(20, 21, "c")] });
	const unstaged = diff({ hunks: [hunk(10, 10, "b"), hunk(21, 22, "c")] });
	const choices = whole.hunks.map((hunk) =>
		choiceOf("HEAD", { file: whole, hunk }, both, [
			["index", unstaged],
			["staged", staged],
		]),
	);
	expect(choices).toEqual([
		{ file: staged, hunk: staged.hunks[0], actions: ["unstage"] },
		{ file: unstaged, hunk: unstaged.hunks[0], actions: ["stage", "discard"] },
		{ file: whole, hunk: whole.hunks[2], actions: [] },
	]);
	expect(isMixed("HEAD", whole, both)).toBe(true);
	expect(isMixed("index", whole, both)).toBe(false);
	expect(isMixed("HEAD", whole, file("unmodified", "modified"))).toBe(false);
	expect(hunkActions("index", diff(), both)).toEqual(["stage", "discard"]);
});

test("new, gone, binary, cut and conflicting files are taken as a whole", () => {
	const known = file("unmodified", "modified");
	for (const more of [
		{ status: "added" },
		{ status: "deleted" },
		{ binary: true },
		{ truncated: true },
		{ oldMode: "120000", newMode: "100644" },
	] as const)
		expect(hunkActions("index", diff(more), known)).toEqual([]);
	expect(hunkActions("index", diff(), undefined)).toEqual([]);
	expect(hunkActions("index", diff(), file("conflicted", "conflicted"))).toEqual([]);
});

test("a commit takes what is staged, or everything where nothing is", () => {
	const status = (...files: StatusFile[]): GitStatus => ({
		repository: true,
		branch: "main",
		head: "1",
		ahead: 0,
		behind: 0,
		truncated: false,
		files,
	});
	const [unstaged, staged] = [file("unmodified", "modified"), file("modified", "unmodified")];
	expect(commitOf(status(unstaged, staged), false)).toEqual({
		label: "Commit 1 file",
		all: false,
		possible: true,
	});
	expect(commitOf(status(unstaged, unstaged), false)).toEqual({
		label: "Commit all 2 files",
		all: true,
		possible: true,
	});
	expect(commitOf(status(unstaged), true)).toMatchObject({ label: "Amend the message", all: false });
	expect(commitOf(status(), false)).toMatchObject({ possible: false });
	expect(commitOf(status(file("conflicted", "conflicted")), false)).toMatchObject({ possible: false });
});
