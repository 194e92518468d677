// What travels between the page and the server about git. Everything about review imports these from here.

export type FileStatus =
	| "unmodified"
	| "modified"
	| "added"
	| "deleted"
	| "renamed"
	| "untracked"
	| "conflicted";

export interface StatusFile {
	path: string;
	oldPath?: string;
	/** Of the index against HEAD. */
	index: FileStatus;
	/** Of the working tree against the index. */
	worktree: FileStatus;
}

export interface GitStatus {
	/** False for a folder that is none; nothing else is told then. */
	repository: boolean;
	branch: string;
	head: string;
	upstream?: string;
	ahead: number;
	behind: number;
	files: StatusFile[];
	truncated?: boolean;
}

/** Lines begin with a space, "+", "-", or "\" for the remark that the last line has no end. */
export interface Hunk {
	/** The whole line that begins it. */
	header: string;
	oldStart: number;
	oldLines: number;
	newStart: number;
	newLines: number;
	lines: string[];
}

export interface DiffFile {
	path: string;
	oldPath?: string;
	status: FileStatus;
	added: number;
	removed: number;
	binary: boolean;
	truncated: boolean;
	/** It has bytes that are no UTF-8, so its hunks cannot be given back as they are. */
	lossy?: boolean;
	hunks: Hunk[];
}

export interface Diff {
	base: string;
	files: DiffFile[];
	truncated: boolean;
}

export interface Refs {
	head: string;
	branches: string[];
	/** Branches of remotes. */
	remotes?: string[];
	tags: string[];
}

/** Whole files and folders, "." for everything; or a patch of chosen hunks. */
export type Selection = { paths: string[] } | { patch: string };

export interface Committed {
	commit: string;
	summary: string;
	/** What its maker should know, in words. */
	note?: string;
}
