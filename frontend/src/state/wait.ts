// The wait of a queued prompt, counted down between the server's updates.
import type { QueueEntry, Session, WaitEstimate } from "../api/wire";
import { duration, plural, sentence } from "./words";

/** Seconds left at `now`, given the estimate and when it came (ms); never below 0. */
export function secondsLeft(
	entry: Pick<QueueEntry, "estimatedWaitSeconds">,
	received: number,
	now: number,
): number {
	return Math.max(0, Math.round(entry.estimatedWaitSeconds - (now - received) / 1000));
}

/** "about 40 seconds", "about 3 minutes", "any moment now". */
export function waitWords(seconds: number): string {
	if (seconds <= 0) return "any moment now";
	if (seconds === 1) return "about 1 second";
	if (seconds < 100) return `about ${seconds} seconds`;
	return `about ${Math.round(seconds / 60)} minutes`;
}

/** Why a prompt waits. Behind a question that nobody has answered, that is why, whatever else there is. */
export function reasonWords({ reason }: Pick<QueueEntry, "reason">, session: Session | undefined): string {
	if (waitsForAnswer(session)) return "This session's agent waits for your answer first.";
	return sentence(reason);
}

/** Whether somebody has to answer before a prompt can start: then no estimate means anything. */
export function waitsForAnswer(session: Session | undefined): boolean {
	return session?.state === "waiting";
}

/** How far estimates can be trusted, as measured. */
export function estimateWords({ turnMs, errorMs, count }: WaitEstimate): string {
	const measured = plural(count, "estimate was", "estimates were");
	return `A turn takes about ${duration(turnMs)}. ${measured} off by ${duration(errorMs)} on average.`;
}
