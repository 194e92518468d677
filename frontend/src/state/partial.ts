// Grows the messages that are being written from the deltas of the stream.
import type { Delta } from "../api/wire";
import { blockKey, type Conversation, type Partial, turns } from "./view";

/**
 * Applies a delta. Offset 0 begins the block or begins it anew; an offset within what is there continues
 * from it; one beyond it has a gap before it and is ignored, as is anything for a block that is finished
 * or a turn that does not run. The durable message repairs whatever was missed.
 */
export function applyDelta(view: Conversation, delta: Delta): Conversation {
	const key = blockKey(delta);
	const turn = turns(view).findLast((t) => t.promptId === delta.promptId);
	if (turn?.state !== "running" || turn.entries.some((entry) => entry.key === key)) return view;

	const at = view.partials.findIndex((p) => p.promptId === delta.promptId && p.key === key);
	const had = view.partials[at];
	const text = grow(had?.text, delta);
	if (text === undefined || text === had?.text) return view;

	const kind = delta.thinking ? "thinking" : "message";
	const partial: Partial = { kind, key, promptId: delta.promptId, text };
	const partials = at < 0 ? [...view.partials, partial] : view.partials.with(at, partial);
	return { ...view, partials };
}

/** The text after a delta, undefined when it cannot be used. */
function grow(had: string | undefined, { offset, text }: Delta): string | undefined {
	if (offset === 0) return text;
	if (had === undefined || offset > had.length) return undefined;
	const stale = offset + text.length <= had.length;
	return stale ? undefined : had.slice(0, offset) + text;
}
