// The files that are open in editors: their text, whether it is saved, and what happened to them on disk.
// A document outlives the tab that shows it, and a reload while it is not saved.

import { on } from "svelte/events";
import { SvelteSet } from "svelte/reactivity";
import { fileAddress, isWithin, moved } from "../files/paths";
import type { FilesFrame } from "../files/wire";
import { account } from "../stores/account.svelte";
import { live } from "../stores/live.svelte";
import { OpenDocument } from "./document.svelte";
import { drafts } from "./drafts";

/** Documents that are saved and not shown are let go beyond this many. */
const kept = 12;

/** Told of a file, by its address in the page, that it is or is not saved. */
type Mark = (address: string, dirty: boolean) => void;

class Documents {
	/** key -> document, the last shown last */
	private readonly all = new Map<string, OpenDocument>();
	private readonly unsaved = new SvelteSet<string>();
	private mark: Mark = () => {};

	constructor() {
		void drafts.keys().then((keys) => {
			for (const key of keys) this.setDirty(key, true);
		});
		on(window, "pagehide", () => this.keepDrafts());
		on(document, "visibilitychange", () => document.visibilityState === "hidden" && this.keepDrafts());
	}

	/** The document of a file; read from disk, or from its draft, when it is not open yet. */
	open(workspace: string, path: string): OpenDocument {
		const key = keyOf(workspace, path);
		const document = this.all.get(key) ?? this.create(workspace, path);
		this.all.delete(key);
		this.all.set(key, document);
		this.letGo();
		return document;
	}

	/** Keeps a document as it is on disk until the result is called. */
	show(document: OpenDocument): () => void {
		const { workspace } = document;
		document.shown++;
		if (document.shown === 1) void document.arrive();
		const stop = live.watch(workspace, (frame) => this.changed(document, frame));
		return () => {
			stop();
			document.shown--;
			document.left();
		};
	}

	/** Has it told which files are not saved, those of earlier included; for the marks on tabs. */
	onDirty(mark: Mark): void {
		this.mark = mark;
		for (const key of this.unsaved) this.setDirty(key, true);
	}

	isDirty(workspace: string, path: string): boolean {
		return this.unsaved.has(keyOf(workspace, path));
	}

	/** Saves one, also when it was not looked at since the page was loaded; true when it is on disk. */
	async save(workspace: string, path: string): Promise<boolean> {
		const document = this.open(workspace, path);
		if (document.state === "reading") await document.load();
		return document.save();
	}

	/** Lets go of a document for good, with what was typed into it. */
	discard(workspace: string, path: string): void {
		const key = keyOf(workspace, path);
		this.all.get(key)?.abandon();
		this.all.delete(key);
		this.setDirty(key, false);
		void drafts.forget(key);
	}

	/** A file or folder has another name now; what is open of it goes along. */
	move(workspace: string, from: string, to: string): void {
		for (const [key, document] of [...this.all]) {
			if (document.workspace !== workspace || !isWithin(document.path, from)) continue;
			this.all.delete(key);
			this.setDirty(key, false);
			void drafts.forget(key);
			document.path = moved(document.path, from, to);
			this.all.set(keyOf(workspace, document.path), document);
			this.dirtied(document);
			void document.keepDraft();
		}
	}

	private create(workspace: string, path: string): OpenDocument {
		return new OpenDocument(workspace, path, {
			key: (document) => keyOf(document.workspace, document.path),
			dirtied: (document) => this.dirtied(document),
		});
	}

	private dirtied(document: OpenDocument): void {
		this.setDirty(keyOf(document.workspace, document.path), document.dirty);
	}

	private setDirty(key: string, dirty: boolean): void {
		if (dirty) this.unsaved.add(key);
		else this.unsaved.delete(key);
		const [user = "", workspace = "", ...path] = key.split("/");
		const file = fileAddress(decodeURIComponent(workspace), path.join("/"));
		if (decodeURIComponent(user) === account.me?.user) this.mark(file, dirty);
	}

	private changed(document: OpenDocument, { changes, resync }: FilesFrame): void {
		if (resync || changes.some(({ path }) => isWithin(document.path, path))) void document.check();
	}

	private keepDrafts(): void {
		for (const document of this.all.values()) document.keepDraftNow();
	}

	private letGo(): void {
		const idle = [...this.all].filter(([, document]) => document.shown === 0 && !document.dirty);
		for (const [key] of idle.slice(0, Math.max(0, this.all.size - kept))) this.all.delete(key);
	}
}

/** Drafts are a user's own, also on a browser that several share. */
function keyOf(workspace: string, path: string): string {
	return `${encodeURIComponent(account.me?.user ?? "")}/${encodeURIComponent(workspace)}/${path}`;
}

export const documents = new Documents();
