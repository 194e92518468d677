import { describe, expect, test } from "vitest";
import { estimateWords, secondsLeft, waitWords } from "./wait";
import { ago, cost, count, duration, elapsed, plural, retryWords, sentence, size } from "./words";

test.each([
	[0, "0.0 s"],
	[840, "0.8 s"],
	[9_960, "10 s"],
	[59_400, "59 s"],
	[60_000, "1 min"],
	[185_000, "3 min 5 s"],
	[7_800_000, "2 h 10 min"],
])("duration %i ms", (ms, words) => expect(duration(ms)).toBe(words));

test.each([
	[0, "$0"],
	[0.00001, "< $0.0001"],
	[0.0042, "$0.0042"],
	[0.0311, "$0.031"],
	[12.345, "$12.35"],
])("cost %d", (usd, words) => expect(cost(usd)).toBe(words));

test.each([
	[950, "950"],
	[1_204, "1.2k"],
	[34_400, "34k"],
	[999_700, "1.0M"],
	[1_300_000, "1.3M"],
])("count %i", (n, words) => expect(count(n)).toBe(words));

test.each([
	[0, "0 MB"],
	[1_500_000, "1.4 MB"],
	[101 * 1024 * 1024, "101 MB"],
	[24_105 * 1024 * 1024, "23.5 GB"],
])("size %i", (bytes, words) => expect(size(bytes)).toBe(words));

test("elapsed counts whole seconds", () => {
	expect([-5, 999, 2_300, 75_000].map(elapsed)).toEqual(["0 s", "0 s", "2 s", "1 min 15 s"]);
});

test("plural", () => {
	expect([0, 1, 2].map((n) => plural(n, "turn"))).toEqual(["0 turns", "1 turn", "2 turns"]);
});

describe("ago", () => {
	const now = Date.parse("2026-11-24T12:00:00Z");
	test.each([
		["2026-11-24T12:00:20Z", "now"],
		["2026-11-24T11:59:30Z", "now"],
		["2026-11-24T11:18:00Z", "42 min"],
		["2026-11-24T02:00:00Z", "10 h"],
		["2026-11-21T12:00:00Z", "3 d"],
		["2026-10-01T12:00:00Z", "2026-10-01"],
		["no time", "now"],
	])("%s", (time, words) => expect(ago(time, now)).toBe(words));
});

describe("the wait", () => {
	test("is counted down from when it was told, and never below nothing", () => {
		const entry = { estimatedWaitSeconds: 40 };
		expect([0, 1_000, 39_400, 90_000].map((later) => secondsLeft(entry, 5_000, 5_000 + later))).toEqual([
			40, 39, 1, 0,
		]);
	});

	test.each([
		[0, "any moment now"],
		[1, "about 1 second"],
		[40, "about 40 seconds"],
		[130, "about 2 minutes"],
	])("%i s in words", (seconds, words) => expect(waitWords(seconds)).toBe(words));
});

test("what estimates are worth", () =>
	expect(estimateWords({ turnMs: 42_000, errorMs: 3_200, count: 1 })).toBe(
		"A turn takes about 42 s. 1 estimate was off by 3.2 s on average.",
	));

test.each([
	["starts a new process", "Starts a new process."],
	["Is it?", "Is it?"],
	["", ""],
])("sentence %s", (reason, words) => expect(sentence(reason)).toBe(words));

describe("retryWords", () => {
	test("say what is wrong, and when it goes on", () => {
		const raw = {
			subtype: "api_retry",
			attempt: 2,
			max_retries: 10,
			error_status: 401,
			retry_delay_ms: 1900,
		};
		expect(retryWords(raw)).toBe(
			"The model cannot be asked: the key is not accepted. The agent tries again in 2 s (attempt 2 of 10).",
		);
		expect(retryWords({ ...raw, error_status: 500 })).toContain("it answered 500");
		expect(retryWords({ ...raw, error_status: null })).toContain("it does not answer");
	});

	test("are for nothing else", () => {
		for (const raw of [undefined, null, "x", {}, { subtype: "api_retry" }]) expect(retryWords(raw)).toBe("");
	});
});
