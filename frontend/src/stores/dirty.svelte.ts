// Documents with changes that are not written yet: their tabs say so, and closing them asks first. Whoever
// edits a document marks it here, under its address (see keyOf).
import { SvelteSet } from "svelte/reactivity";

export const dirty = new SvelteSet<string>();

/** Marks a document, or takes the mark away. */
export function markDirty(key: string, is: boolean): void {
	if (is) dirty.add(key);
	else dirty.delete(key);
}
