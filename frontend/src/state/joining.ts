// Puts an older page before a view without folding the whole log again.
import type { SessionEvent } from "../api/wire";
import { applyEvents } from "./conversation";
import { type Conversation, emptyConversation } from "./view";

/**
 * The view of `events`, of which those from `from` on are in `view` already. Only the events up to the first place
 * that no turn spans are folded; what comes after it stays the objects that it is, and is not drawn again.
 */
export function joined(events: readonly SessionEvent[], from: number, view: Conversation): Conversation {
	const head = applyEvents(emptyConversation, events.slice(0, seam(events, from)));
	// A prompt that waits is overtaken by what starts later, wherever that is.
	if (head.items.some((item) => item.kind === "turn" && item.state === "waiting"))
		return { ...applyEvents(emptyConversation, events), partials: view.partials };
	const folded = new Set(head.items.map(({ key }) => key));
	const items = [...head.items, ...view.items.filter(({ key }) => !folded.has(key))];
	return { items, partials: view.partials, lastSeq: Math.max(head.lastSeq, view.lastSeq) };
}

/** The first index from `from` on that has no turn's events on both sides. */
function seam(events: readonly SessionEvent[], from: number): number {
	const last = new Map<string, number>();
	events.forEach((event, i) => {
		if ("promptId" in event && event.promptId) last.set(event.promptId, i);
	});
	let at = from;
	for (let i = 0; i < at; i++) {
		const event = events[i];
		if (event && "promptId" in event && event.promptId)
			at = Math.max(at, (last.get(event.promptId) ?? i) + 1);
	}
	return at;
}
