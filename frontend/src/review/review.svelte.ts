// What changed in a workspace, kept as it is, and what the reader does about it.
import { ApiError } from "../api/client";
import { account } from "../stores/account.svelte";
import { live } from "../stores/live.svelte";
import { keep, recall } from "../stores/storage";
import { ui } from "../stores/ui.svelte";
import { type Action, bases, type Choice, type Commitable, choiceOf, type Side, stagedPart } from "./actions";
import { gitApi } from "./api";
import { type Comment, maxComments, readComments } from "./comments";
import { patchOf } from "./patch";
import type { Diff, DiffFile, GitStatus, Hunk, Refs, Selection, StatusFile } from "./wire";

export class Review {
	readonly workspace: string;
	base = $state<string>(bases.all);
	status = $state.raw<GitStatus>();
	diff = $state.raw<Diff>();
	/** What is staged and what is not, each by itself, where all is shown and a file is partly staged. */
	private sides = $state.raw<Diff[]>([]);
	refs = $state.raw<Refs>();
	problem = $state("");
	/** Something is being done; nothing else can be begun. */
	busy = $state(false);
	comments = $state.raw<Comment[]>([]);
	message = $state("");
	/** Files whose lines are hidden. */
	folded = $state.raw<ReadonlySet<string>>(new Set());
	private reading: "no" | "yes" | "again" = "no";

	constructor(workspace: string) {
		this.workspace = workspace;
		this.comments = readComments(recall(this.key("comments")));
		this.message = recall(this.key("message")) ?? "";
	}

	/** Reads everything and follows the disk until the result is called. */
	follow(): () => void {
		const stop = live.watch(this.workspace, () => void this.read());
		void this.read();
		return stop;
	}

	compare(base: string): void {
		this.base = base;
		this.diff = undefined;
		void this.read();
	}

	/** The branches and tags to compare with, read when somebody wants to choose. */
	async readRefs(): Promise<void> {
		this.refs = (await ui.attempt(gitApi.refs(this.workspace))) ?? this.refs;
	}

	/** Reads status and diff; wishes to read again meanwhile become one. */
	async read(): Promise<void> {
		if (this.reading !== "no") {
			this.reading = "again";
			return;
		}
		this.reading = "yes";
		const { base } = this;
		try {
			const status = await gitApi.status(this.workspace);
			const diff = status.repository ? await gitApi.diff(this.workspace, base) : undefined;
			const sides = await this.readSides(status);
			this.status = status;
			this.sides = sides;
			if (base === this.base) this.diff = diff;
			this.problem = "";
		} catch (e) {
			this.problem = e instanceof ApiError ? e.message : "The changes could not be read.";
		}
		const again = (this.reading as string) === "again" || base !== this.base;
		this.reading = "no";
		if (again) await this.read();
	}

	private async readSides({ files }: GitStatus): Promise<Diff[]> {
		if (this.base !== bases.all || !files.some((file) => stagedPart(file) === "some")) return [];
		return Promise.all([bases.unstaged, bases.staged].map((base) => gitApi.diff(this.workspace, base)));
	}

	/** What can be done with a hunk, and as what. */
	choice(file: DiffFile, hunk: Hunk): Choice {
		const sides = this.sides.map(
			({ base, files }): Side => [base, files.find(({ path }) => path === file.path)],
		);
		return choiceOf(this.base, { file, hunk }, this.statusOf(file.path), sides);
	}

	statusOf(path: string): StatusFile | undefined {
		return this.status?.files.find((file) => file.path === path);
	}

	/** Reads the lines of one file that were left out because the whole would have been too long. */
	async readFile(path: string): Promise<void> {
		const diff = await ui.attempt(gitApi.diff(this.workspace, this.base, path));
		const [file] = diff?.files ?? [];
		if (!file || !this.diff) return;
		const files = this.diff.files.map((one) => (one.path === path ? file : one));
		this.diff = { ...this.diff, files };
	}

	init(): Promise<void> {
		return this.act(gitApi.init(this.workspace));
	}

	/** Stages, unstages or discards whole files. */
	files(action: Action, paths: string[]): Promise<void> {
		return this.act(this.call(action, { paths }));
	}

	/** The same for some hunks of a file. */
	hunks(action: Action, file: DiffFile, hunks: readonly Hunk[]): Promise<void> {
		return this.act(this.call(action, { patch: patchOf(file, hunks, action !== "stage") }));
	}

	async commit({ all }: Commitable, amend: boolean): Promise<void> {
		const message = this.message.trim() || undefined;
		await this.act(
			gitApi.commit(this.workspace, { message, amend, all }).then(({ summary, note }) => {
				this.write("");
				ui.spoken = `Committed: ${summary}`;
				if (note) ui.toast(note);
			}),
		);
	}

	/** Keeps the message of a commit that is being written. */
	write(message: string): void {
		this.message = message;
		keep(this.key("message"), message);
	}

	comment(comment: Comment): void {
		if (this.comments.length >= maxComments)
			return ui.toast(`More than ${maxComments} comments; send some first.`);
		this.keepComments([...this.comments.filter(({ id }) => id !== comment.id), comment]);
	}

	uncomment(id: string): void {
		this.keepComments(this.comments.filter((comment) => comment.id !== id));
	}

	sent(): void {
		this.keepComments([]);
	}

	fold(path: string, folded: boolean): void {
		const paths = new Set(this.folded);
		if (folded) paths.add(path);
		else paths.delete(path);
		this.folded = paths;
	}

	private call(action: Action, what: Selection): Promise<GitStatus> {
		return gitApi[action](this.workspace, what);
	}

	private async act(what: Promise<unknown>): Promise<void> {
		this.busy = true;
		await ui.attempt(what);
		this.busy = false;
		await this.read();
	}

	private keepComments(comments: Comment[]): void {
		this.comments = comments;
		keep(this.key("comments"), comments.length === 0 ? "" : JSON.stringify(comments));
	}

	private key(what: string): string {
		return `review.${what}.${account.me?.user}.${this.workspace}`;
	}
}

const kept = 4;
const reviews = new Map<string, Review>();

/** The review of a workspace; the last few keep what was folded and compared. */
export function reviewOf(workspace: string): Review {
	const key = `${account.me?.user}/${workspace}`;
	const review = reviews.get(key) ?? new Review(workspace);
	reviews.delete(key);
	reviews.set(key, review);
	for (const old of reviews.keys()) {
		if (reviews.size <= kept) break;
		reviews.delete(old);
	}
	return review;
}
