// The wait of a queued prompt, counted down between the server's updates.
import type { QueueEntry, WaitEstimate } from "../api/wire";
import { duration, plural } from "./words";

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

/** How far estimates can be trusted, as measured. */
export function estimateWords({ turnMs, errorMs, count }: WaitEstimate): string {
	const measured = plural(count, "estimate was", "estimates were");
	return `A turn takes about ${duration(turnMs)}. ${measured} off by ${duration(errorMs)} on average.`;
}
