// How long to wait before the next attempt to connect.

const first = 500;
const longest = 15_000;

/**
 * Milliseconds before attempt `n` (0 is the first after a loss): doubling up to 15 s, and spread over the
 * upper half so that many pages do not come back at the same moment. `random` is in [0, 1).
 */
export function backoff(n: number, random: number): number {
	const ceiling = Math.min(longest, first * 2 ** Math.min(n, 10));
	return Math.round(ceiling * (0.5 + random / 2));
}
