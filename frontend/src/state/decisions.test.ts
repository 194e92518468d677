import { expect, test } from "vitest";
import type { DecisionRecord } from "../api/wire";
import { told, topicOf } from "./decisions";

let next = 1;
function decision(kind: string, reason: string, session?: string): DecisionRecord {
	const id = next++;
	return { id, kind, reason, session, time: new Date(id * 1000).toISOString() };
}

test("what is said in a row is said once, with the latest figures", () => {
	const list = [
		decision("evict", "idle for 2 minutes", "a"),
		decision("raise_alert", "memory is at 301 of 400 MB (75 %)"),
		decision("raise_alert", "memory is at 310.5 of 400 MB (78 %)"),
		decision("raise_alert", "memory is at 333 of 400 MB (83 %)"),
	];
	expect(told(list).map((t) => [t.decision.id, t.times, t.since])).toEqual([
		[list[3]?.id, 3, list[1]?.time],
		[list[0]?.id, 1, list[0]?.time],
	]);
});

test("what takes turns is told once each", () => {
	const list = Array.from({ length: 20 }, (_, i) =>
		i % 2 ? decision("clear_alert", `memory is at ${i} MB`) : decision("raise_alert", `memory is at ${i} MB`),
	);
	expect(told(list).map((t) => [t.decision.kind, t.times])).toEqual([
		["clear_alert", 10],
		["raise_alert", 10],
	]);
});

test("sessions have their own stories, and what comes again later is told again", () => {
	const list = [
		decision("start_turn", "starts a new process", "a"),
		decision("start_turn", "starts a new process", "b"),
		decision("set_tier", "standard tier: memory is at 310 MB"),
		decision("kill", "took more than there is", "b"),
		decision("start_turn", "starts a new process", "a"),
	];
	expect(told(list).map((t) => t.times)).toEqual([1, 1, 1, 1, 1]);
});

test("a topic leaves the others out; a kind that is not known is about memory", () => {
	const list = [decision("start_turn", "x", "a"), decision("raise_alert", "y"), decision("thaw", "z")];
	expect(told(list, "turns").map((t) => t.decision.kind)).toEqual(["start_turn"]);
	expect(told(list, "memory").map((t) => t.decision.kind)).toEqual(["thaw"]);
	expect(topicOf("quantum_leap")).toBe("memory");
});
