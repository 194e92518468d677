import { expect, test } from "vitest";
import { append, emptyHistory, prepend } from "./history";
import { log } from "./testing";

/** So many turns, one after the other. */
const turns = (count: number) =>
	log(
		Array.from({ length: count }, (_, n) => [
			{ type: "prompt", promptId: `p${n}`, text: `prompt ${n}` },
			{ type: "turn_started", promptId: `p${n}`, how: "warm", process: 1, reason: "" },
			{ type: "message", promptId: `p${n}`, message: `m${n}`, block: 0, text: `answer ${n}` },
			{ type: "turn_ended", promptId: `p${n}`, outcome: "done" },
		]).flat(),
	);

test("an older page leaves the turns that are there the objects that they are, but for the one it completes", () => {
	const all = turns(10);
	const newest = prepend(emptyHistory, all.slice(22), false);
	expect(newest.view.items).toHaveLength(5);
	const whole = prepend(newest, all.slice(0, 22), true);
	expect(whole.view.items).toHaveLength(10);
	expect(whole.view.items[5]).toMatchObject({ text: "prompt 5", entries: [{ text: "answer 5" }] });
	for (const [i, turn] of newest.view.items.entries()) if (i > 0) expect(whole.view.items[5 + i]).toBe(turn);
});

test("a prompt that waits since an older page is still overtaken", () => {
	const all = log([
		{ type: "prompt", promptId: "waits", text: "later" },
		{ type: "prompt", promptId: "next", text: "now" },
		{ type: "turn_started", promptId: "next", how: "warm", process: 1, reason: "" },
	]);
	const history = append(prepend(emptyHistory, all.slice(1), false), []);
	expect(prepend(history, all.slice(0, 1), true).view.items.map(({ key }) => key)).toEqual(["next", "waits"]);
});
