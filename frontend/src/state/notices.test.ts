import { expect, test } from "vitest";
import type { Session } from "../api/wire";
import { isOver, type Known, notices } from "./notices";

const session = (id: string, state: Session["state"]) => ({ id, state, title: `Session ${id}` }) as Session;
const nothing: Known = { sessions: [], alerts: [], decisions: [] };
const decision = (id: number, reason: string, kind = "end_turn") => ({
	id,
	kind,
	reason,
	session: "a",
	time: "",
});

test("a question and the end of a turn are told once", () => {
	const before = { ...nothing, sessions: [session("a", "running"), session("b", "waiting")] };
	const now = { ...nothing, sessions: [session("a", "waiting"), session("b", "idle")] };
	expect(notices(before, now)).toEqual([
		{ occasion: "question", title: "Session a", text: "A question waits for you.", session: "a" },
		{ occasion: "turn", title: "Session b", text: "The turn has ended.", session: "b" },
	]);
	expect(notices(now, now)).toEqual([]);
});

test("what began and ended between two looks is told, too", () => {
	const at = (id: string, state: Session["state"], lastSeq: number, turns: number) => ({
		...session(id, state),
		lastSeq,
		turns,
	});
	const before = {
		...nothing,
		sessions: [at("a", "waiting", 7, 0), at("b", "idle", 7, 1), at("c", "idle", 7, 1)],
	};
	const now = {
		...nothing,
		sessions: [at("a", "waiting", 9, 0), at("b", "idle", 12, 2), at("c", "idle", 8, 1)],
	};
	expect(notices(before, now).map(({ occasion, session }) => [occasion, session])).toEqual([
		["question", "a"],
		["turn", "b"],
	]);
});

test("a question is over when its session goes on, or is gone; what else was told stays told", () => {
	const question = { occasion: "question", title: "", text: "", session: "a" } as const;
	expect(isOver(question, [session("a", "waiting")])).toBe(false);
	expect(isOver(question, [session("a", "running"), session("b", "waiting")])).toBe(true);
	expect(isOver(question, [])).toBe(true);
	expect(isOver({ ...question, occasion: "parked" }, [session("a", "idle")])).toBe(false);
});

test("what is new on the list, starts, or was only cancelled in line is nothing to tell", () => {
	const before = { ...nothing, sessions: [session("a", "queued"), session("b", "idle")] };
	const now = {
		...nothing,
		sessions: [session("a", "idle"), session("b", "running"), session("c", "waiting")],
	};
	expect(notices(before, now)).toEqual([]);
});

test("a prompt that was set aside says why", () => {
	const before = { ...nothing, decisions: [decision(4, "parked: long ago")] };
	const now = {
		...nothing,
		sessions: [session("a", "idle")],
		decisions: [
			decision(6, "parked: it was cut short 3 times"),
			decision(5, "failed: no"),
			decision(4, "parked: long ago"),
		],
	};
	expect(notices(before, now)).toEqual([
		{
			occasion: "parked",
			title: "Session a",
			text: "A prompt was set aside: it was cut short 3 times",
			session: "a",
		},
	]);
});

test("an alert is told when it is raised, and again when it becomes worse", () => {
	const alert = (severity: "warning" | "critical") => [
		{ name: "memory", severity, message: "Memory is high.", since: "" },
	];
	const told = { occasion: "alert", title: "Coder1", text: "Memory is high." };
	expect(notices(nothing, { ...nothing, alerts: alert("warning") })).toEqual([told]);
	expect(notices({ ...nothing, alerts: alert("warning") }, { ...nothing, alerts: alert("warning") })).toEqual(
		[],
	);
	expect(
		notices({ ...nothing, alerts: alert("warning") }, { ...nothing, alerts: alert("critical") }),
	).toEqual([told]);
});
