// What can be done with a changed file and with each of its hunks, and how the files are listed.
import type { DiffFile, FileStatus, GitStatus, Hunk, StatusFile } from "./wire";

export type Action = "stage" | "unstage" | "discard";

/** The bases that are words of the server's; any other is a ref. */
export const bases = { all: "HEAD", unstaged: "index", staged: "staged" } as const;

const changed = (status: FileStatus) => status !== "unmodified";

export function fileActions({ index, worktree }: StatusFile): Action[] {
	const actions: Action[] = [];
	if (changed(worktree)) actions.push("stage", "discard");
	if (changed(index) && index !== "untracked" && index !== "conflicted") actions.push("unstage");
	return actions;
}

/**
 * What can be done with single hunks of a diff. Its hunks are those of the index only when the file is not
 * changed in both places; a file that is new, gone or renamed is staged as a whole.
 */
export function hunkActions(base: string, file: DiffFile, status: StatusFile | undefined): Action[] {
	if (file.status !== "modified" || file.binary || file.truncated || file.lossy || !status) return [];
	if (file.oldMode?.slice(0, 2) !== file.newMode?.slice(0, 2)) return []; // a link, say, that was a file
	if (status.index === "conflicted" || status.worktree === "conflicted") return [];
	if (base === bases.unstaged) return ["stage", "discard"];
	if (base === bases.staged) return ["unstage"];
	if (base !== bases.all) return [];
	if (status.index === "unmodified") return ["stage", "discard"];
	return status.worktree === "unmodified" ? ["unstage"] : [];
}

/** Whether all changes of a file are shown together that are in part in the index and in part only on disk. */
export function isMixed(base: string, file: DiffFile, status: StatusFile | undefined): boolean {
	if (base !== bases.all || file.status !== "modified" || !status) return false;
	return changed(status.index) && changed(status.worktree);
}

/** A file as one of the two bases has it that mixed changes come from. */
export type Side = [base: string, file: DiffFile | undefined];

/** A hunk as it can be taken by itself, and what can be done with it. */
export interface Choice {
	file: DiffFile;
	hunk: Hunk;
	actions: Action[];
}

/** Among mixed changes a hunk is taken as it is on the one side that has it; no side has one that is staged in part. */
export function choiceOf(
	base: string,
	{ file, hunk }: Omit<Choice, "actions">,
	status: StatusFile | undefined,
	sides: readonly Side[],
): Choice {
	if (!isMixed(base, file, status)) return { file, hunk, actions: hunkActions(base, file, status) };
	for (const [of, side] of sides) {
		const same = side?.hunks.find((other) => sameChange(other, hunk));
		if (side && same) return { file: side, hunk: same, actions: hunkActions(of, side, status) };
	}
	return { file, hunk, actions: [] };
}

/** The index and the disk share a side with all changes, so that one of the line numbers is the same. */
function sameChange(a: Hunk, b: Hunk): boolean {
	return (
		(a.newStart === b.newStart || a.oldStart === b.oldStart) && a.lines.join("\n") === b.lines.join("\n")
	);
}

/** How much of a file is staged. */
export type Part = "none" | "some" | "all" | "conflict";

export function stagedPart({ index, worktree }: StatusFile): Part {
	if (index === "conflicted" || worktree === "conflicted") return "conflict";
	if (!changed(index) || index === "untracked") return "none";
	return changed(worktree) ? "some" : "all";
}

/** What a file's status is for the whole of it, as it is shown in the list. */
export function statusOf({ index, worktree }: StatusFile): FileStatus {
	if (index === "conflicted" || worktree === "conflicted") return "conflicted";
	if (worktree === "deleted" || worktree === "untracked") return worktree;
	return changed(index) ? index : worktree;
}

export const statusLetters: Record<FileStatus, string> = {
	unmodified: "",
	modified: "M",
	added: "A",
	deleted: "D",
	renamed: "R",
	untracked: "U",
	conflicted: "!",
};

export const statusWords: Record<FileStatus, string> = {
	unmodified: "unchanged",
	modified: "changed",
	added: "added",
	deleted: "deleted",
	renamed: "renamed",
	untracked: "new, not in git yet",
	conflicted: "in conflict",
};

export interface Commitable {
	/** What the button says. */
	label: string;
	/** Everything is staged first, because nothing is. */
	all: boolean;
	possible: boolean;
}

/** What a commit would take: what is staged, or everything where nothing is. */
export function commitOf(status: GitStatus, amend: boolean): Commitable {
	const files = (count: number) => `${count} ${count === 1 ? "file" : "files"}`;
	if (status.files.some((file) => stagedPart(file) === "conflict"))
		return { label: "Resolve conflicts first", all: false, possible: false };
	const staged = status.files.filter((file) => stagedPart(file) !== "none").length;
	if (staged > 0) return { label: `Commit ${files(staged)}`, all: false, possible: true };
	if (amend) return { label: "Amend the message", all: false, possible: true };
	const { length } = status.files;
	if (length === 0) return { label: "Nothing to commit", all: false, possible: false };
	return { label: `Commit all ${files(length)}`, all: true, possible: true };
}
