// Calls about a workspace's git.
import { send } from "../api/client";
import type { Committed, Diff, GitStatus, Refs, Selection } from "./wire";

const base = (workspace: string) => `/api/workspaces/${encodeURIComponent(workspace)}`;

export interface Commit {
	/** Without one an amended commit keeps its own. */
	message?: string;
	amend: boolean;
	/** Stages everything first, new files too. */
	all: boolean;
}

export const gitApi = {
	status: (workspace: string) => send<GitStatus>("GET", `${base(workspace)}/git/status`),
	/** What is different from a base: a ref, or the words "index" and "staged". All files without a path. */
	diff: (workspace: string, from: string, path = "") =>
		send<Diff>("GET", `${base(workspace)}/diff?${new URLSearchParams({ base: from, path })}`),
	refs: (workspace: string) => send<Refs>("GET", `${base(workspace)}/git/refs`),
	init: (workspace: string) => send<unknown>("POST", `${base(workspace)}/git/init`),
	stage: (workspace: string, what: Selection) =>
		send<GitStatus>("POST", `${base(workspace)}/git/stage`, what),
	unstage: (workspace: string, what: Selection) =>
		send<GitStatus>("POST", `${base(workspace)}/git/unstage`, what),
	discard: (workspace: string, what: Selection) =>
		send<GitStatus>("POST", `${base(workspace)}/git/discard`, what),
	commit: (workspace: string, commit: Commit) =>
		send<Committed>("POST", `${base(workspace)}/git/commit`, commit),
};
