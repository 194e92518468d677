// What the user has set, kept on the server for all his devices. Each browser has a copy, so that a page is
// right from its first moment and without a server.
import { api } from "../api/client";

/** Changes that follow each other closely, as while a number is typed, are sent once. Milliseconds. */
const pause = 400;

class Preferences {
	private readonly takers = new Map<string, (value: unknown) => void>();
	/** All that the server keeps, also what this page does not know of. */
	private all: Record<string, unknown> = {};
	private timer: ReturnType<typeof setTimeout> | undefined;

	/** Has what another device has set under a name handed over. */
	on(name: string, take: (value: unknown) => void): void {
		this.takers.set(name, take);
	}

	/** Asks the server. What was set here a moment ago, and is not there yet, counts. */
	async load(): Promise<void> {
		const all = await api.preferences().catch(() => undefined);
		if (!all || this.timer !== undefined) return;
		this.all = all;
		for (const [name, take] of this.takers) if (name in all) take(all[name]);
	}

	set(name: string, value: unknown): void {
		this.all = { ...this.all, [name]: value };
		clearTimeout(this.timer);
		this.timer = setTimeout(() => {
			this.timer = undefined;
			api.setPreferences(this.all).catch(() => {}); // this browser has it; the next change sends both
		}, pause);
	}
}

export const preferences = new Preferences();
