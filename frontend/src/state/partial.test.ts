import { describe, expect, test } from "vitest";
import { applyEvents } from "./conversation";
import { applyDelta } from "./partial";
import { delta, log } from "./testing";
import { type Conversation, contents, emptyConversation, turns } from "./view";

const start = [
	{ type: "prompt", promptId: "p1", text: "hi" },
	{ type: "turn_started", promptId: "p1", how: "new", process: 1, reason: "" },
];
const running = applyEvents(emptyConversation, log(start));
const grown = (...pieces: Parameters<typeof delta>[0][]): Conversation =>
	pieces.reduce<Conversation>((view, piece) => applyDelta(view, delta(piece)), running);
const texts = (view: Conversation) => view.partials.map((p) => p.text);

describe("a message being written", () => {
	test("grows", () => {
		expect(texts(grown({ text: "Hel" }, { offset: 3, text: "lo" }))).toEqual(["Hello"]);
	});

	test("begins anew at offset 0", () => {
		expect(
			texts(grown({ text: "Hello" }, { offset: 0, text: "Hello wor" }, { offset: 9, text: "ld" })),
		).toEqual(["Hello world"]);
	});

	test("ignores what it has already", () => {
		const view = grown({ text: "Hello" });
		expect(applyDelta(view, delta({ offset: 3, text: "lo" }))).toBe(view);
	});

	test("takes the new part of a piece that overlaps", () => {
		expect(texts(grown({ text: "Hello" }, { offset: 3, text: "lo you" }))).toEqual(["Hello you"]);
	});

	test("ignores what comes after a gap", () => {
		expect(texts(grown({ text: "Hel" }, { offset: 8, text: "rld" }))).toEqual(["Hel"]);
		expect(texts(grown({ offset: 4, text: "o" }))).toEqual([]);
	});

	test("counts in UTF-16 code units", () => {
		expect(texts(grown({ text: "👍" }, { offset: 2, text: " ok" }))).toEqual(["👍 ok"]);
	});

	test("keeps blocks apart", () => {
		const view = grown({ text: "a" }, { block: 1, text: "b" }, { message: "n", thinking: true, text: "c" });
		expect(view.partials.map((p) => [p.kind, p.key, p.text])).toEqual([
			["message", "m/0", "a"],
			["message", "m/1", "b"],
			["thinking", "n/0", "c"],
		]);
	});
});

describe("the finished message", () => {
	const finished = log([{ type: "message", promptId: "p1", message: "m", block: 0, text: "Hello!" }], 3);

	test("takes the place of the partial one, under the same key", () => {
		const before = grown({ text: "Hell" });
		const key = contents(turns(before)[0]!, before.partials)[0]?.key;
		const view = applyEvents(before, finished);
		expect(view.partials).toEqual([]);
		expect(contents(turns(view)[0]!, view.partials)).toEqual([{ kind: "message", key, text: "Hello!" }]);
	});

	test("is not written over by a late piece", () => {
		const view = applyEvents(running, finished);
		expect(applyDelta(view, delta({ text: "Hello" }))).toBe(view);
	});
});

test("nothing is being written in a turn that does not run", () => {
	const over = {
		type: "turn_ended",
		promptId: "p1",
		outcome: "interrupted",
		costUsd: 0,
		durationMs: 1,
		inputTokens: 0,
		outputTokens: 0,
	};
	const view = applyEvents(grown({ text: "Hel" }), log([over], 3));
	expect(view.partials).toEqual([]);
	expect(applyDelta(view, delta({ text: "Hel" }))).toBe(view);
	expect(applyDelta(view, delta({ promptId: "unknown", text: "x" }))).toBe(view);
});
