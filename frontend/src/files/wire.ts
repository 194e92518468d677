// What travels between the page and the server about files; paths are relative to the workspace, with
// slashes. Everything about files imports these names from here.

export type EntryKind = "file" | "dir" | "symlink" | "other";
export type GitMark = "modified" | "added" | "deleted" | "renamed" | "untracked" | "ignored" | "conflicted";

export interface Entry {
	name: string;
	path: string;
	kind: EntryKind;
	/** Bytes. */
	size: number;
	modified: string;
	/** Where a symbolic link leads. */
	target?: string;
	/** A folder with changes below it is "modified". */
	git?: GitMark;
}

/** One level of a folder, folders first. */
export interface Level {
	path: string;
	entries: Entry[];
	/** There are more than were told. */
	truncated: boolean;
	branch?: string;
}

export interface Written {
	path: string;
	size: number;
	modified: string;
	etag: string;
}

export interface Paths {
	paths: string[];
	truncated: boolean;
}

export interface Imported {
	files: number;
	bytes: number;
	/** Symbolic links, which were left out. */
	links?: number;
}

export interface Change {
	path: string;
	kind: "created" | "changed" | "removed";
}

/**
 * What happened in a workspace that is watched; `resync`: look at everything again, which is also the first
 * frame of a watch.
 */
export interface FilesFrame {
	type: "files";
	workspace: string;
	changes: Change[];
	resync: boolean;
}

export interface WatchFrame {
	type: "watch" | "unwatch";
	workspace: string;
}
