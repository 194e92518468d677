import { describe, expect, test } from "vitest";
import type { SessionEvent } from "../api/wire";
import { applyEvents } from "./conversation";
import { append, delta, emptyHistory, firstSeq, type History, prepend } from "./history";
import { below, chance, durable, log, madeUpLog, delta as piece } from "./testing";
import { emptyConversation, runningTurn } from "./view";

const runs = Array.from({ length: 150 }, (_, seed) => seed + 1);

describe("however a log arrives, the view is the same", () => {
	test.each(runs)("seed %i", (seed) => {
		const random = chance(seed);
		const all = madeUpLog(random, 20 + below(random, 120));
		const whole = applyEvents(emptyConversation, all);

		let history = newest(random, all);
		let old = true;
		let live = true;
		while (old || live) {
			if (random() < 0.4) history = older(random, all, history);
			else history = later(random, all, history);
			if (random() < 0.3) history = written(random, history);
			old = !history.complete;
			live = history.view.lastSeq < (all.at(-1)?.seq ?? 0);
		}
		expect(durable(history.view)).toEqual(whole);
		expect(history.events).toEqual(all);
	});
});

/** The first page: the newest events at some moment of the log. */
function newest(random: () => number, all: SessionEvent[]): History {
	const until = below(random, all.length + 1);
	const from = Math.max(0, until - 1 - below(random, 30));
	return prepend(emptyHistory, all.slice(from, until), from === 0);
}

function older(random: () => number, all: SessionEvent[], history: History): History {
	const until = all.findIndex((e) => e.seq >= firstSeq(history));
	if (until < 0) return prepend(history, [], history.events.length === 0);
	const from = Math.max(0, until - 1 - below(random, 20));
	return prepend(history, all.slice(from, until + below(random, 3)), from === 0);
}

/** A frame of the stream, or what a new subscription sends: it may begin before what is there already. */
function later(random: () => number, all: SessionEvent[], history: History): History {
	if (history.events.length === 0 && !history.complete) return history;
	const at = all.findIndex((e) => e.seq > history.view.lastSeq);
	if (at < 0) return append(history, all.slice(-3));
	const from = Math.max(0, at - below(random, 4));
	return append(history, all.slice(from, at + 1 + below(random, 12)));
}

/** A piece of some message, with any offset. */
function written(random: () => number, history: History): History {
	const promptId = runningTurn(history.view)?.promptId ?? "p1";
	const message = `m${below(random, 40)}`;
	return delta(history, piece({ promptId, message, offset: below(random, 3) * 4, text: "abcd" }));
}

test("a reconnect in mid-message shows what an unbroken connection shows", () => {
	const begun = log([
		{ type: "prompt", promptId: "p1", text: "hi" },
		{ type: "turn_started", promptId: "p1", how: "new", process: 1, reason: "" },
	]);
	const history = append(emptyHistory, begun);
	const unbroken = ["One ", "two ", "three"].reduce(
		(h, text, i) => delta(h, piece({ offset: i * 4, text })),
		history,
	);
	const lost = delta(history, piece({ text: "One " }));
	const again = delta(
		delta(append(lost, begun), piece({ offset: 0, text: "One two " })),
		piece({ offset: 8, text: "three" }),
	);
	expect(again.view).toEqual(unbroken.view);
});
