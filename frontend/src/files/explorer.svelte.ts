// A workspace's files as they are open on the page: the levels that were read, kept as they are on disk.
import { ApiError } from "../api/client";
import { account } from "../stores/account.svelte";
import { live } from "../stores/live.svelte";
import { ui } from "../stores/ui.svelte";
import { filesApi } from "./api";
import { folderOf, foldersAbove } from "./paths";
import { emptyTree, type Tree, touched, withLevel, withOpen, withoutFolder } from "./tree";
import type { FilesFrame } from "./wire";

export class Explorer {
	readonly workspace: string;
	tree = $state.raw<Tree>(emptyTree);
	/** Why the workspace itself could not be read. */
	problem = $state("");
	/** The path that was cut, to be pasted elsewhere. */
	cut = $state("");
	/** The path that the cursor is on. */
	cursor = $state("");
	/** folder -> whether it has to be read again after the reading that is under way */
	private readonly reading = new Map<string, boolean>();

	constructor(workspace: string) {
		this.workspace = workspace;
	}

	/** Reads what is unfolded and follows the disk until the result is called. */
	follow(): () => void {
		const stop = live.watch(this.workspace, (frame) => this.changed(frame));
		this.refresh();
		return stop;
	}

	/** Reads every level that is here again. */
	refresh(): void {
		for (const folder of new Set(["", ...this.tree.levels.keys(), ...this.tree.open])) void this.read(folder);
	}

	open(folder: string): void {
		this.tree = withOpen(this.tree, folder, true);
		if (!this.tree.levels.has(folder)) void this.read(folder);
	}

	fold(folder: string): void {
		this.tree = withOpen(this.tree, folder, false);
	}

	foldAll(): void {
		this.tree = { ...this.tree, open: new Set() };
	}

	/** Unfolds all folders above a path and puts the cursor on it. */
	reveal(path: string): void {
		for (const folder of foldersAbove(path)) if (folder !== "") this.open(folder);
		this.cursor = path;
	}

	async createFile(path: string): Promise<boolean> {
		return this.act([path], filesApi.write(this.workspace, path, "", "missing"));
	}

	async createFolder(path: string): Promise<boolean> {
		return this.act([path], filesApi.createFolder(this.workspace, path));
	}

	async remove(path: string): Promise<boolean> {
		return this.act([path], filesApi.remove(this.workspace, path));
	}

	async move(from: string, to: string, overwrite = false): Promise<boolean> {
		const done = await this.act([from, to], filesApi.move(this.workspace, from, to, overwrite));
		if (done && this.cut === from) this.cut = "";
		return done;
	}

	/** Looks again at the folders that paths are in. */
	look(paths: string[]): void {
		for (const folder of new Set(paths.map(folderOf)))
			if (this.tree.levels.has(folder)) void this.read(folder);
	}

	private async act(paths: string[], what: Promise<unknown>): Promise<boolean> {
		const done = await ui.attempt(what.then(() => true));
		this.look(paths);
		return done ?? false;
	}

	private changed({ changes, resync }: FilesFrame): void {
		if (resync) return this.refresh();
		for (const folder of touched(this.tree, changes)) void this.read(folder);
	}

	/** Reads a level; while that is under way, wishes to read it again become one. */
	private async read(folder: string): Promise<void> {
		if (this.reading.has(folder)) {
			this.reading.set(folder, true);
			return;
		}
		this.reading.set(folder, false);
		try {
			// Other levels may arrive meanwhile, so the tree is looked at afterwards.
			const level = await filesApi.level(this.workspace, folder);
			this.tree = withLevel(this.tree, level);
			if (folder === "") this.problem = "";
		} catch (e) {
			this.failed(folder, e);
		}
		const again = this.reading.get(folder);
		this.reading.delete(folder);
		if (again) await this.read(folder);
	}

	private failed(folder: string, e: unknown): void {
		const problem = e instanceof ApiError ? e.message : "The folder could not be read.";
		if (folder === "") this.problem = problem;
		else if (e instanceof ApiError && e.status === 404) this.tree = withoutFolder(this.tree, folder);
		else ui.toast(problem);
	}
}

const kept = 4;
const explorers = new Map<string, Explorer>();

/** The files of a workspace; the last few keep what was unfolded. */
export function explorerOf(workspace: string): Explorer {
	const key = `${account.me?.user}/${workspace}`;
	const explorer = explorers.get(key) ?? new Explorer(workspace);
	explorers.delete(key);
	explorers.set(key, explorer);
	for (const old of explorers.keys()) {
		if (explorers.size <= kept) break;
		explorers.delete(old);
	}
	return explorer;
}
