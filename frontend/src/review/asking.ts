// Asks before changes are thrown away.
import { nameOf } from "../files/paths";
import { ui } from "../stores/ui.svelte";
import type { Review } from "./review.svelte";
import type { DiffFile, Hunk, StatusFile } from "./wire";

export function askToDiscard(review: Review, { path, worktree }: StatusFile): void {
	const fresh = worktree === "untracked";
	ui.confirm({
		title: fresh ? `Delete “${nameOf(path)}”?` : `Discard the changes of “${nameOf(path)}”?`,
		text: fresh
			? "It is in no commit, so it cannot be brought back."
			: "What was not staged is taken back for good.",
		action: fresh ? "Delete file" : "Discard changes",
		run: () => review.files("discard", [path]),
	});
}

export function askToDiscardHunk(review: Review, file: DiffFile, hunk: Hunk): void {
	ui.confirm({
		title: "Discard this change?",
		text: `Around line ${hunk.newStart} of ${nameOf(file.path)}, what is on disk becomes what it was. It cannot be brought back.`,
		action: "Discard change",
		run: () => review.hunks("discard", file, [hunk]),
	});
}
