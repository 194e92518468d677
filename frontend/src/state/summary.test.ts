import { expect, test } from "vitest";
import type { DecisionRecord, Status } from "../api/wire";
import { newestFirst, workingShort, workWords } from "./summary";

const status = (running: number, queued: number) =>
	({ slots: { running, max: 2 }, queue: Array(queued).fill({}) }) as unknown as Status;

test.each([
	[0, 0, "No agent is working right now."],
	[1, 0, "Agents at work: 1 of 2."],
	[2, 1, "Agents at work: 2 of 2. 1 prompt waits for a turn."],
	[0, 3, "No agent is working right now. 3 prompts wait for a turn."],
])("%i running, %i waiting", (running, queued, words) =>
	expect(workWords(status(running, queued))).toBe(words),
);

test("when fewer may work than do, nothing is one of less", () => {
	const short = { slots: { running: 2, max: 1 }, queue: [] } as unknown as Status;
	expect(workWords(short)).toBe("Agents at work: 2; they go on, and then 1 may.");
	expect(workingShort(short.slots)).toBe("2");
	expect(workingShort(status(1, 0).slots)).toBe("1/2");
});

test("decisions of one moment stay in their order, the latest on top", () => {
	const list = [
		{ id: 1, time: "2026-01-01T00:00:00Z" },
		{ id: 3, time: "2026-01-01T00:00:01Z" },
		{ id: 2, time: "2026-01-01T00:00:01Z" },
	] as DecisionRecord[];
	expect(newestFirst(list).map((d) => d.id)).toEqual([3, 2, 1]);
});
