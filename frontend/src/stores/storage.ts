// What the browser keeps for this page. A browser that keeps nothing (private mode, full) is no error.

export function recall(key: string): string | undefined {
	try {
		return localStorage.getItem(`coder1.${key}`) ?? undefined;
	} catch {
		return undefined;
	}
}

/** The same for what was kept as JSON; undefined when it is none. */
export function recallJSON(key: string): unknown {
	try {
		return JSON.parse(recall(key) ?? "null") ?? undefined;
	} catch {
		return undefined;
	}
}

/** Keeps a value; an empty one is forgotten. */
export function keep(key: string, value: string): void {
	try {
		if (value === "") localStorage.removeItem(`coder1.${key}`);
		else localStorage.setItem(`coder1.${key}`, value);
	} catch {
		// The page works without.
	}
}
