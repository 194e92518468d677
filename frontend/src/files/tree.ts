// The tree of a workspace's files as it is known so far, and the rows that show it.
import { folderOf, foldersAbove, isWithin, nameOf } from "./paths";
import type { Change, Entry, GitMark, Level } from "./wire";

export interface Tree {
	/** folder -> what is in it, for the folders that were read */
	levels: ReadonlyMap<string, Level>;
	/** The folders that are unfolded. */
	open: ReadonlySet<string>;
}

export interface Row {
	entry: Entry;
	/** 1 for what is in the workspace itself. */
	depth: number;
	/** Undefined for what cannot be unfolded. */
	open: boolean | undefined;
	/** Unfolded, and not read yet. */
	loading: boolean;
	/** Place among its siblings, from 1, and their number. */
	at: number;
	of: number;
}

export interface Shown {
	/** Also names that begin with a dot. */
	hidden: boolean;
	/** Also what git ignores. */
	ignored: boolean;
}

export const emptyTree: Tree = { levels: new Map(), open: new Set() };

export const gitLetters: Record<GitMark, string> = {
	modified: "M",
	added: "A",
	deleted: "D",
	renamed: "R",
	untracked: "U",
	conflicted: "!",
	ignored: "",
};

export const gitWords: Record<GitMark, string> = {
	modified: "changed",
	added: "added",
	deleted: "deleted",
	renamed: "renamed",
	untracked: "not in git yet",
	conflicted: "in conflict",
	ignored: "ignored by git",
};

/** Puts a level that was read into the tree; folders that are gone from it are forgotten with all below. */
export function withLevel(tree: Tree, level: Level): Tree {
	const here = new Set(level.entries.filter((e) => e.kind === "dir").map((e) => e.path));
	const gone = (path: string) =>
		path !== "" && isWithin(path, level.path) && path !== level.path && !here.has(childOf(level.path, path));
	const levels = new Map([...tree.levels].filter(([path]) => !gone(path)));
	levels.set(level.path, level);
	return { levels, open: new Set([...tree.open].filter((path) => !gone(path))) };
}

/** A folder that is not there any more. */
export function withoutFolder(tree: Tree, folder: string): Tree {
	return {
		levels: new Map([...tree.levels].filter(([path]) => !isWithin(path, folder))),
		open: new Set([...tree.open].filter((path) => !isWithin(path, folder))),
	};
}

/** Whether something is a folder, as far as is known. */
export function isFolder({ levels, open }: Tree, path: string): boolean {
	if (levels.has(path) || open.has(path)) return true;
	const entry = levels.get(folderOf(path))?.entries.find((one) => one.path === path);
	return entry?.kind === "dir";
}

/** The direct child of a folder on the way to a path below it. */
function childOf(folder: string, path: string): string {
	const end = path.indexOf("/", folder === "" ? 0 : folder.length + 1);
	return end < 0 ? path : path.slice(0, end);
}

export function withOpen(tree: Tree, folder: string, open: boolean): Tree {
	const folders = new Set(tree.open);
	if (open) folders.add(folder);
	else folders.delete(folder);
	return { ...tree, open: folders };
}

/** The folders that were read and may look different after changes: those of the paths and all above. */
export function touched(tree: Tree, changes: readonly Change[]): string[] {
	const folders = new Set(changes.flatMap(({ path }) => [...foldersAbove(path), path]));
	return [...folders].filter((folder) => tree.levels.has(folder));
}

export function rowsOf(tree: Tree, shown: Shown): Row[] {
	const rows: Row[] = [];
	const add = (folder: string, depth: number) => {
		const entries = tree.levels.get(folder)?.entries.filter((entry) => isShown(entry, shown)) ?? [];
		entries.forEach((entry, i) => {
			const open = entry.kind === "dir" ? tree.open.has(entry.path) : undefined;
			const loading = open === true && !tree.levels.has(entry.path);
			rows.push({ entry, depth, open, loading, at: i + 1, of: entries.length });
			if (open) add(entry.path, depth + 1);
		});
	};
	add("", 1);
	return rows;
}

/** What git keeps for itself is nobody's to look at or to change, whatever else is shown. */
function isShown(entry: Entry, { hidden, ignored }: Shown): boolean {
	if (entry.name === ".git") return false;
	return (hidden || !entry.name.startsWith(".")) && (ignored || entry.git !== "ignored");
}

/** Rows for paths that a filter found; what is known of them from the tree is told with them. */
export function foundRows(tree: Tree, paths: readonly string[]): Row[] {
	return paths.map((path, i) => {
		const known = tree.levels.get(folderOf(path))?.entries.find((entry) => entry.path === path);
		const entry: Entry = known ?? { name: nameOf(path), path, kind: "file", size: 0, modified: "" };
		return { entry, depth: 1, open: undefined, loading: false, at: i + 1, of: paths.length };
	});
}

export type Step =
	| { go: number }
	| { unfold: string }
	| { fold: string }
	| { activate: true }
	| { rename: true }
	| { remove: true }
	| { cut: true }
	| { paste: true }
	| { menu: true }
	| { forget: true };

export interface Press {
	key: string;
	ctrl: boolean;
	shift: boolean;
	alt: boolean;
}

/** What a key means in the tree with the cursor on row `at`. */
export function stepOf(press: Press, rows: readonly Row[], at: number, page: number): Step | undefined {
	if (press.alt) return undefined;
	if (press.ctrl) return withCtrl(press.key);
	const go = (to: number): Step => ({ go: Math.min(Math.max(to, 0), rows.length - 1) });
	const row = rows[at];
	switch (press.key) {
		case "ArrowDown":
			return go(at + 1);
		case "ArrowUp":
			return go(at - 1);
		case "PageDown":
			return go(at + page);
		case "PageUp":
			return go(at - page);
		case "Home":
			return go(0);
		case "End":
			return go(rows.length - 1);
		case "ArrowRight":
			return row && right(row, at);
		case "ArrowLeft":
			return row && left(row, rows, at);
		case "Enter":
		case " ":
			return { activate: true };
		case "F2":
			return { rename: true };
		case "Delete":
			return { remove: true };
		case "ContextMenu":
			return { menu: true };
		case "F10":
			return press.shift ? { menu: true } : undefined;
		case "Escape":
			return { forget: true };
		default:
			return press.key.length === 1 ? letter(press.key, rows, at) : undefined;
	}
}

function withCtrl(key: string): Step | undefined {
	if (key === "x") return { cut: true };
	return key === "v" ? { paste: true } : undefined;
}

function right({ entry, open }: Row, at: number): Step | undefined {
	if (open === undefined) return undefined;
	return open ? { go: at + 1 } : { unfold: entry.path };
}

function left({ entry, open }: Row, rows: readonly Row[], at: number): Step | undefined {
	if (open) return { fold: entry.path };
	const parent = rows.findIndex((row) => row.entry.path === folderOf(entry.path));
	return parent < 0 || parent === at ? undefined : { go: parent };
}

/** The next row whose name begins with a letter. */
function letter(key: string, rows: readonly Row[], at: number): Step | undefined {
	const wanted = key.toLowerCase();
	const after = [...rows.keys()].map((i) => (at + 1 + i) % rows.length);
	const found = after.find((i) => rows[i]?.entry.name.toLowerCase().startsWith(wanted));
	return found === undefined ? undefined : { go: found };
}

/** Why something cannot be moved into a folder; empty when it can. */
export function moveProblem(from: string, folder: string): string {
	if (isWithin(folder, from)) return "A folder cannot be moved into itself.";
	return folderOf(from) === folder ? "It is there already." : "";
}
