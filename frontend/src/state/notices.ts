// What has happened that somebody may be needed for, found by comparing what was known with what is.
import type { Session, Status } from "../api/wire";
import { titleOf } from "./sessions";
import type { Occasion } from "./settings";

export interface Known {
	readonly sessions: readonly Session[];
	readonly alerts: Status["alerts"];
	readonly decisions: Status["decisions"];
}

export interface Notice {
	readonly occasion: Occasion;
	readonly title: string;
	readonly text: string;
	/** Where to go for it. */
	readonly session?: string;
}

const parked = "parked: ";

export function notices(before: Known, now: Known): Notice[] {
	const known = new Map(before.sessions.map((session) => [session.id, session]));
	const found: Notice[] = [];
	for (const session of now.sessions) {
		const was = known.get(session.id);
		const about = { title: titleOf(session), session: session.id };
		if (was === undefined || (was.state === session.state && was.lastSeq === session.lastSeq)) continue;
		// In the same state but further on: it waits for another answer, or has ended another turn, than was seen.
		if (session.state === "waiting")
			found.push({ occasion: "question", text: "A question waits for you.", ...about });
		const ended = was.state === "idle" ? was.turns !== session.turns : was.state !== "queued";
		if (session.state === "idle" && ended)
			found.push({ occasion: "turn", text: "The turn has ended.", ...about });
	}
	const last = Math.max(0, ...before.decisions.map(({ id }) => id));
	for (const { id, kind, reason, session } of now.decisions) {
		if (id <= last || kind !== "end_turn" || !reason.startsWith(parked)) continue;
		const of = now.sessions.find((s) => s.id === session);
		const text = `A prompt was set aside: ${reason.slice(parked.length)}`;
		found.push({ occasion: "parked", title: of ? titleOf(of) : "Coder1", text, session });
	}
	const raised = new Set(before.alerts.map(({ name, severity }) => `${name} ${severity}`));
	for (const { name, severity, message } of now.alerts) {
		if (!raised.has(`${name} ${severity}`)) found.push({ occasion: "alert", title: "Coder1", text: message });
	}
	return found;
}

/** Whether nobody is needed for it any more: its question was answered, here or elsewhere, or its session is gone. */
export function isOver({ occasion, session }: Notice, now: readonly Session[]): boolean {
	return occasion === "question" && now.find(({ id }) => id === session)?.state !== "waiting";
}
