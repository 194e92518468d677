// The mock server's git: a head, an index and the files of a workspace, compared and patched.
import { applyPatch, parsePatch, reversePatch, structuredPatch } from "diff";

const ignored = (path) => path === "node_modules" || path.startsWith("node_modules/");

export class Git {
	repository = true;
	/** path -> text */
	head = new Map();
	index = new Map();
	commits = [];

	constructor(disk) {
		this.disk = disk;
	}

	tree() {
		const files = this.disk.files().filter(([path]) => !ignored(path));
		return new Map(files.map(([path, { bytes }]) => [path, bytes.toString("utf8")]));
	}

	commitAll(message) {
		this.index = this.tree();
		this.head = new Map(this.index);
		this.commits.push(message);
	}

	commit({ message, amend, all }) {
		if (all) this.index = this.tree();
		this.head = new Map(this.index);
		const last = amend ? this.commits.pop() : "";
		this.commits.push(message ?? last);
	}

	status() {
		if (!this.repository)
			return { repository: false, branch: "", head: "", ahead: 0, behind: 0, files: [], truncated: false };
		const tree = this.tree();
		const paths = new Set([...this.head.keys(), ...this.index.keys(), ...tree.keys()]);
		const files = [...paths].sort().flatMap((path) => {
			const index = compared(this.head.get(path), this.index.get(path));
			const untracked = !this.index.has(path) && tree.has(path);
			const worktree = untracked ? "untracked" : compared(this.index.get(path), tree.get(path));
			return index === "unmodified" && worktree === "unmodified" ? [] : [{ path, index, worktree }];
		});
		const head = `c0ffee${this.commits.length}`;
		return { repository: true, branch: "main", head, ahead: 1, behind: 0, files, truncated: false };
	}

	/** path -> mark, for the tree */
	marks() {
		const marks = new Map([["node_modules", "ignored"]]);
		for (const { path, index, worktree } of this.status().files) {
			marks.set(path, worktree === "unmodified" ? index : worktree);
			const parts = path.split("/").slice(0, -1);
			for (const i of parts.keys()) marks.set(parts.slice(0, i + 1).join("/"), "modified");
		}
		return marks;
	}

	diff(base, only) {
		const [from, to] = {
			index: [this.index, this.tree()],
			staged: [this.head, this.index],
		}[base] ?? [base === "old" ? new Map() : this.head, this.tree()];
		const paths = [...new Set([...from.keys(), ...to.keys()])].sort();
		const files = paths
			.filter((path) => (only === "" || path === only) && from.get(path) !== to.get(path))
			.map((path) => fileDiff(path, from.get(path), to.get(path)));
		return { base, files, truncated: false };
	}

	stage({ paths, patch }) {
		if (patch) this.patch(this.index, patch, false);
		else for (const path of this.expand(paths)) copy(this.tree(), this.index, path);
	}

	unstage({ paths, patch }) {
		if (patch) this.patch(this.index, patch, true);
		else for (const path of this.expand(paths)) copy(this.head, this.index, path);
	}

	discard({ paths, patch }) {
		const tree = this.tree();
		if (patch) this.patch(tree, patch, true);
		else for (const path of this.expand(paths)) copy(this.index, tree, path);
		for (const [path, text] of tree) if (this.disk.text(path) !== text) this.disk.write(path, text);
		for (const path of this.tree().keys()) if (!tree.has(path)) this.disk.remove(path);
	}

	expand(paths) {
		return paths?.[0] !== "." ? paths : this.status().files.map(({ path }) => path);
	}

	patch(files, text, reverse) {
		for (const patch of parsePatch(text)) {
			const path = patch.newFileName.replace(/^b\//, "");
			const result = applyPatch(files.get(path) ?? "", reverse ? reversePatch(patch) : patch);
			if (result === false)
				throw { status: 409, title: "Conflict", detail: `The change of ${path} does not fit any more.` };
			files.set(path, result);
		}
	}
}

function compared(from, to) {
	if (from === to) return "unmodified";
	if (from === undefined) return "added";
	return to === undefined ? "deleted" : "modified";
}

function copy(from, to, path) {
	if (from.has(path)) to.set(path, from.get(path));
	else to.delete(path);
}

function fileDiff(path, from, to) {
	const status = compared(from, to);
	const binary = [from, to].some((text) => text?.includes("\0"));
	const { hunks } = binary
		? { hunks: [] }
		: structuredPatch(path, path, from ?? "", to ?? "", undefined, undefined, { context: 3 });
	const count = (sign) => hunks.flatMap(({ lines }) => lines).filter((line) => line.startsWith(sign)).length;
	return {
		path,
		status,
		added: count("+"),
		removed: count("-"),
		binary,
		truncated: false,
		lossy: false,
		hunks: hunks.map((hunk) => ({
			header: `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
			...hunk,
		})),
	};
}

/** Answers a call about git; false for any other. */
export async function answerGit({ disk, request, response, path, query }, place, sendJson, bodyOf) {
	const { git } = disk;
	if (place === "diff") {
		sendJson(response, 200, git.diff(query.get("base") ?? "HEAD", query.get("path") ?? ""));
		return true;
	}
	if (place !== "git") return false;
	const calls = {
		status: () => git.status(),
		refs: () => ({
			head: "main",
			branches: ["main", "old"],
			remotes: ["origin/main"],
			tags: ["v1.0"],
			truncated: false,
		}),
		init: () => {
			git.repository = true;
			return git.status();
		},
		commit: (body) => {
			git.commit(body);
			disk.tell([], true);
			return { commit: "c0ffee", summary: git.commits.at(-1).split("\n")[0] };
		},
	};
	const body = await bodyOf(request);
	if (["stage", "unstage", "discard"].includes(path)) {
		git[path](body);
		sendJson(response, 200, git.status());
	} else sendJson(response, path === "init" || path === "commit" ? 201 : 200, calls[path](body));
	return true;
}
