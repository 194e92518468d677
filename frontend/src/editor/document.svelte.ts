// One open file: what is on disk, what was typed, and what happens when the two go apart.
import { ApiError } from "../api/client";
import { filesApi, type Unless } from "../files/api";
import { extensionOf } from "../files/paths";
import { settings } from "../stores/settings.svelte";
import { drafts } from "./drafts";
import { meet } from "./meet";
import { type Content, readContent } from "./reading";
import { encode, type Form, plainForm, saveProblem } from "./text";

/** Where the text is: in an editor once there is one. */
export interface Buffer {
	text(): string;
	/** Takes another text over, as one step that can be undone; `quiet` marks what is different for a moment. */
	replace(text: string): void;
	/** What is on disk now, which decides whether the text is saved. */
	saved(text: string): void;
}

export interface Owner {
	key(document: OpenDocument): string;
	dirtied(document: OpenDocument): void;
}

export type DocumentState = "reading" | "text" | "binary" | "huge" | "missing" | "failed";

export interface Clash {
	content: Content;
	text: string;
}

const draftDelay = 250;
const saveDelay = 1000;

export class OpenDocument {
	readonly workspace: string;
	path = $state("");
	state = $state<DocumentState>("reading");
	/** Why it could not be read. */
	problem = $state("");
	dirty = $state(false);
	saving = $state(false);
	/** Why it was not saved. */
	refused = $state("");
	/** Both the disk and the reader have changed it. */
	clash = $state.raw<Clash>();
	/** It is not on disk any more. */
	gone = $state(false);
	form = $state.raw<Form>(plainForm);
	/** Bytes on disk. */
	size = $state(0);
	/** Only the beginning is here. */
	part = $state(false);
	/** The first bytes of what is no text. */
	head = $state.raw<Uint8Array>(new Uint8Array());
	/** Changes when what is shown must be made anew. */
	version = $state(0);
	/** How many editors show it. */
	shown = 0;
	buffer: Buffer = plainBuffer("");
	/** The text on disk that the reader's own began with, and its etag. */
	base = "";
	etag = "";

	private readonly owner: Owner;
	private checking: "no" | "yes" | "again" = "no";
	private draftTimer: ReturnType<typeof setTimeout> | undefined;
	private saveTimer: ReturnType<typeof setTimeout> | undefined;

	constructor(workspace: string, path: string, owner: Owner) {
		this.workspace = workspace;
		this.path = path;
		this.owner = owner;
	}

	get readOnly(): boolean {
		return this.part || this.form.encoding !== "UTF-8";
	}

	get extension(): string {
		return extensionOf(this.path);
	}

	/** Reads it the first time it is shown; later, looks whether it is still what it was. */
	async arrive(): Promise<void> {
		if (this.state === "text") return this.check();
		await this.load();
	}

	/** Reads it from disk, and what was typed into it from its draft. */
	async load(): Promise<void> {
		this.problem = "";
		try {
			const draft = await drafts.read(this.key);
			if (draft) {
				this.open(draft.text, draft.base, draft.etag, draft.form);
				this.size = encode(draft.base, draft.form).length;
				return this.check();
			}
			this.take(await readContent(this.workspace, this.path));
		} catch (e) {
			this.state = e instanceof ApiError && e.status === 404 ? "missing" : "failed";
			this.problem = e instanceof ApiError ? e.message : "The file could not be read.";
		}
	}

	/** What the editor says after every change. */
	edited(dirty: boolean): void {
		this.setDirty(dirty);
		this.refused = "";
		clearTimeout(this.draftTimer);
		clearTimeout(this.saveTimer);
		this.draftTimer = setTimeout(() => void this.keepDraft(), draftDelay);
		if (dirty && settings.now.autosave) this.saveTimer = setTimeout(() => void this.autosave(), saveDelay);
	}

	/** The editor is not in front any more. */
	left(): void {
		if (settings.now.autosave) void this.autosave();
	}

	private async autosave(): Promise<void> {
		if (this.dirty && !this.clash && !this.gone) await this.save();
	}

	/** Writes it to disk; false when that did not work, and why is shown. */
	async save(): Promise<boolean> {
		if (this.saving || this.readOnly || this.state !== "text") return false;
		const text = this.buffer.text();
		this.refused = saveProblem(text, this.form);
		if (this.refused) return false;
		clearTimeout(this.saveTimer);
		this.saving = true;
		try {
			const unless: Unless = this.gone ? "missing" : { etag: this.etag };
			const body = encode(text, this.form);
			const { etag, size } = await filesApi.write(this.workspace, this.path, body, unless);
			this.gone = false;
			this.size = size;
			this.settle(text, etag);
			return true;
		} catch (e) {
			if (e instanceof ApiError && e.status === 412) await this.look();
			else this.refused = e instanceof ApiError ? `It was not saved. ${e.message}` : "It was not saved.";
			return false;
		} finally {
			this.saving = false;
			if (this.checking === "again") void this.check();
		}
	}

	/** Something may have happened on disk. */
	async check(): Promise<void> {
		if (this.state === "reading") return;
		if (this.saving || this.checking !== "no") {
			this.checking = "again";
			return;
		}
		this.checking = "yes";
		try {
			const etag = await this.etagOnDisk();
			if (etag === undefined) this.missing();
			else if (etag !== this.etag || this.gone || this.clash) await this.look();
		} catch {
			// Without a connection nothing is known; the next one looks again.
		}
		const again = (this.checking as string) === "again";
		this.checking = "no";
		if (again) await this.check();
	}

	/** Gives up what was typed for what is on disk. */
	takeTheirs(): void {
		const { clash } = this;
		if (!clash) return;
		this.clash = undefined;
		this.take(clash.content);
	}

	/** Goes on with a text of the reader's, knowing what is on disk: his own, or one merged from both. */
	async keepMine(text?: string): Promise<void> {
		const { clash } = this;
		if (!clash) return;
		this.clash = undefined;
		if (text !== undefined) this.buffer.replace(text);
		this.settle(clash.text, clash.content.etag);
		await this.save();
	}

	/** Forgets timers; the document is let go of. */
	abandon(): void {
		clearTimeout(this.draftTimer);
		clearTimeout(this.saveTimer);
		this.setDirty(false);
	}

	async keepDraft(): Promise<void> {
		clearTimeout(this.draftTimer);
		this.draftTimer = undefined;
		if (this.dirty) await drafts.keep(this.key, this.draft());
		else await drafts.forget(this.key);
	}

	/** The same for a page that is being left, when something waits to be kept. */
	keepDraftNow(): void {
		if (this.draftTimer === undefined || !this.dirty) return;
		drafts.keepNow(this.key, this.draft());
	}

	private get key(): string {
		return this.owner.key(this);
	}

	private draft() {
		return { text: this.buffer.text(), base: this.base, etag: this.etag, form: this.form };
	}

	/** The etag of the file as it is; undefined when there is none. */
	private async etagOnDisk(): Promise<string | undefined> {
		try {
			return await filesApi.etag(this.workspace, this.path);
		} catch (e) {
			if (e instanceof ApiError && e.status === 404) return undefined;
			throw e;
		}
	}

	private missing(): void {
		if (this.state === "text") this.gone = true;
		else this.state = "missing";
		this.clash = undefined;
	}

	/** Reads what is on disk and decides what becomes of what is here. */
	private async look(): Promise<void> {
		let content: Content;
		try {
			content = await readContent(this.workspace, this.path);
		} catch (e) {
			if (e instanceof ApiError && e.status === 404) return this.missing();
			throw e;
		}
		this.gone = false;
		this.size = content.size;
		const text = content.decoded?.text ?? "";
		if (this.state !== "text" || !this.dirty) return this.take(content);
		const mine = { base: this.base, text: this.buffer.text(), etag: this.etag };
		const outcome = meet(mine, { text, etag: content.etag });
		if (outcome === "conflict") this.clash = { content, text };
		else {
			this.clash = undefined;
			if (outcome === "agreed") this.settle(text, content.etag);
		}
	}

	/** Shows what is on disk. */
	private take(content: Content): void {
		const { decoded, etag, size, part, head, huge } = content;
		const same = this.state === "text" && decoded && !part && decoded.ends === this.form.ends;
		Object.assign(this, { size, part, head, gone: false, refused: "" });
		if (!decoded) {
			this.etag = etag;
			this.state = huge ? "huge" : "binary";
			this.setDirty(false);
			this.version++;
		} else if (same) {
			this.form = decoded;
			if (this.buffer.text() !== decoded.text) this.buffer.replace(decoded.text);
			this.settle(decoded.text, etag);
		} else this.open(decoded.text, decoded.text, etag, decoded);
	}

	private open(text: string, base: string, etag: string, form: Form): void {
		this.form = { encoding: form.encoding, mark: form.mark, ends: form.ends };
		this.buffer = plainBuffer(text);
		this.base = base;
		this.etag = etag;
		this.state = "text";
		this.version++;
		this.setDirty(text !== base);
	}

	/** The disk has this text now; what was typed on top of it stays. */
	private settle(text: string, etag: string): void {
		this.base = text;
		this.etag = etag;
		this.buffer.saved(text);
		this.setDirty(this.buffer.text() !== text);
		void this.keepDraft();
	}

	private setDirty(dirty: boolean): void {
		this.dirty = dirty;
		this.owner.dirtied(this);
	}
}

/** Holds the text while no editor does. */
function plainBuffer(text: string): Buffer {
	let now = text;
	return {
		text: () => now,
		replace: (other) => {
			now = other;
		},
		saved: () => {},
	};
}
