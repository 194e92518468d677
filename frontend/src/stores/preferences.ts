// What the user has set, kept on the server for all his devices. Each browser has a copy, so that a page is
// right from its first moment and without a server; what it could not send it sends the next time.
import { api } from "../api/client";
import { keep, recall } from "./storage";

/** Changes that follow each other closely, as while a number is typed, are sent once. Milliseconds. */
const pause = 400;

interface Part {
	/** Takes over what another device has set. */
	take(value: unknown): void;
	/** What this browser has. */
	give(): unknown;
}

class Preferences {
	private readonly parts = new Map<string, Part>();
	/** All that the server keeps, also what this page does not know of. */
	private all: Record<string, unknown> = {};
	/** Names of the parts that the server does not have yet. */
	private unsent = new Set(recall("unsent")?.split(" "));
	private timer: ReturnType<typeof setTimeout> | undefined;

	/** Has a part of the settings kept under a name. */
	part(name: string, part: Part): void {
		this.parts.set(name, part);
	}

	/** Asks the server. Parts that were set here and have not been sent are not taken over, but sent. */
	async load(): Promise<void> {
		const all = await api.preferences().catch(() => undefined);
		if (!all) return;
		this.all = all;
		for (const [name, part] of this.parts) if (name in all && !this.unsent.has(name)) part.take(all[name]);
		if (this.unsent.size > 0) this.sendSoon();
	}

	/** A part has been changed by the reader. */
	changed(name: string): void {
		this.remember(this.unsent.add(name));
		this.sendSoon();
	}

	private sendSoon(): void {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => void this.send(), pause);
	}

	private async send(): Promise<void> {
		const sent = new Map([...this.unsent].map((name) => [name, this.parts.get(name)?.give()]));
		this.all = { ...this.all, ...Object.fromEntries(sent) };
		try {
			await api.setPreferences(this.all);
		} catch {
			return; // they stay unsent
		}
		// What was changed again meanwhile is another value, and still has to be sent.
		const again = [...this.unsent].filter((name) => this.parts.get(name)?.give() !== sent.get(name));
		this.remember(new Set(again));
	}

	private remember(unsent: Set<string>): void {
		this.unsent = unsent;
		keep("unsent", [...unsent].join(" "));
	}
}

export const preferences = new Preferences();
