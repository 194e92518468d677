// What was typed and not saved, kept in this browser so that a reload loses nothing.
import { createStore, del, get, keys, set } from "idb-keyval";
import type { Form } from "./text";

export interface Draft {
	text: string;
	/** The text on disk that it began with, and its etag. */
	base: string;
	etag: string;
	form: Form;
}

const store = createStore("coder1-drafts", "drafts");
/** For the moments in which a page that is left cannot wait for the database. */
const urgentKey = (key: string) => `coder1.draft/${key}`;

export const drafts = {
	/** The draft of a document; undefined when there is none, or the browser keeps nothing. */
	async read(key: string): Promise<Draft | undefined> {
		const urgent = takeUrgent(key);
		if (!urgent) return quietly(get<Draft>(key, store));
		await drafts.keep(key, urgent);
		return urgent;
	},

	async keep(key: string, draft: Draft): Promise<void> {
		takeUrgent(key);
		await quietly(set(key, draft, store));
	},

	/** Keeps a draft at once, while the page is being left. */
	keepNow(key: string, draft: Draft): void {
		try {
			sessionStorage.setItem(urgentKey(key), JSON.stringify(draft));
		} catch {
			void drafts.keep(key, draft); // too big for there: the database has most of it
		}
	},

	async forget(key: string): Promise<void> {
		takeUrgent(key);
		await quietly(del(key, store));
	},

	async keys(): Promise<string[]> {
		return ((await quietly(keys<string>(store))) ?? []).concat(urgentKeys());
	},
};

function takeUrgent(key: string): Draft | undefined {
	try {
		const kept = sessionStorage.getItem(urgentKey(key));
		sessionStorage.removeItem(urgentKey(key));
		return kept ? (JSON.parse(kept) as Draft) : undefined;
	} catch {
		return undefined;
	}
}

function urgentKeys(): string[] {
	try {
		const start = urgentKey("");
		return Object.keys(sessionStorage)
			.filter((key) => key.startsWith(start))
			.map((key) => key.slice(start.length));
	} catch {
		return [];
	}
}

/** A browser that keeps nothing is no error: the page works without. */
async function quietly<T>(what: Promise<T>): Promise<T | undefined> {
	try {
		return await what;
	} catch {
		return undefined;
	}
}
