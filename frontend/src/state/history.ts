// The part of a session's log that is loaded: always one piece without gaps, that grows at its end by the
// stream and at its beginning by pages from the server.
import type { Delta, SessionEvent } from "../api/wire";
import { applyEvents } from "./conversation";
import { joined } from "./joining";
import { applyDelta } from "./partial";
import { type Conversation, emptyConversation } from "./view";

export interface History {
	events: readonly SessionEvent[];
	/** True when nothing older is left on the server. */
	complete: boolean;
	view: Conversation;
}

export const emptyHistory: History = { events: [], complete: false, view: emptyConversation };

/** The seq before which the next older page ends. */
export function firstSeq(history: History): number {
	return history.events[0]?.seq ?? Number.MAX_SAFE_INTEGER;
}

/** Adds what came after; events that are there already change nothing. */
export function append(history: History, events: readonly SessionEvent[]): History {
	const fresh = events.filter((event) => event.seq > history.view.lastSeq);
	if (fresh.length === 0) return history;
	return { ...history, events: [...history.events, ...fresh], view: applyEvents(history.view, fresh) };
}

/** Adds an older page. */
export function prepend(history: History, page: readonly SessionEvent[], complete: boolean): History {
	const first = firstSeq(history);
	const older = page.filter((event) => event.seq < first);
	const events = [...older, ...history.events];
	return { events, complete, view: joined(events, older.length, history.view) };
}

/** Adds a piece of a message that is being written. */
export function delta(history: History, piece: Delta): History {
	const view = applyDelta(history.view, piece);
	return view === history.view ? history : { ...history, view };
}
