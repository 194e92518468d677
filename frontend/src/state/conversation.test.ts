import { describe, expect, test } from "vitest";
import { applyEvents } from "./conversation";
import { log } from "./testing";
import { type Conversation, emptyConversation, inOrder, openPermissions, runningTurn, turns } from "./view";

const fold = (events: Parameters<typeof log>[0]): Conversation => applyEvents(emptyConversation, log(events));
const prompt = (promptId: string, text = promptId) => ({ type: "prompt", promptId, text });
const started = (promptId: string, how = "new") => ({
	type: "turn_started",
	promptId,
	how,
	process: 1,
	reason: "a slot was free",
});
const message = (promptId: string, id: string, text: string) => ({
	type: "message",
	promptId,
	message: id,
	block: 0,
	text,
});
const figures = { costUsd: 0.02, durationMs: 1500, inputTokens: 9, outputTokens: 4 };
const ended = (promptId: string, outcome = "done", more = {}) => ({
	type: "turn_ended",
	promptId,
	outcome,
	...figures,
	...more,
});

describe("a turn", () => {
	test("runs from prompt to end", () => {
		const view = fold([prompt("a", "hello"), started("a"), message("a", "m", "hi"), ended("a")]);
		const [turn] = turns(view);
		expect(turn).toMatchObject({ text: "hello", state: "done", start: { how: "new" }, end: { figures } });
		expect(turn?.entries).toEqual([{ kind: "message", key: "m/0", text: "hi" }]);
	});

	test("pairs a tool's result with its call", () => {
		const call = { type: "tool_call", promptId: "a", toolId: "t", name: "Bash", input: { command: "ls" } };
		const result = { type: "tool_result", promptId: "a", toolId: "t", output: "x", isError: true };
		const view = fold([prompt("a"), started("a"), call, message("a", "m", "so"), result]);
		expect(turns(view)[0]?.entries.map((e) => e.kind)).toEqual(["tool", "message"]);
		expect(turns(view)[0]?.entries[0]).toMatchObject({
			name: "Bash",
			result: { output: "x", isError: true, truncated: false },
		});
	});

	test("shows a result whose call is on an older page", () => {
		const view = fold([{ type: "tool_result", promptId: "a", toolId: "t", output: "x", isError: false }]);
		expect(turns(view)[0]).toMatchObject({
			text: undefined,
			state: "running",
			entries: [{ kind: "tool", name: "" }],
		});
	});

	test("put back in the queue waits again, keeps what it said, and ends once", () => {
		const view = fold([
			prompt("a"),
			started("a"),
			message("a", "m", "begun"),
			ended("a", "requeued", { reason: "memory" }),
		]);
		expect(turns(view).filter((turn) => turn.state === "waiting")).toHaveLength(1);
		expect(turns(view)[0]?.end).toBeUndefined();
		const again = applyEvents(view, log([started("a", "resumed"), message("a", "n", "done"), ended("a")], 5));
		expect(turns(again)).toHaveLength(1);
		expect(turns(again)[0]?.entries.map((e) => e.kind)).toEqual(["message", "requeued", "message"]);
		expect(turns(again)[0]).toMatchObject({ state: "done", start: { how: "resumed" } });
	});
});

describe("prompts that wait", () => {
	test("can be edited and cancelled", () => {
		const edit = { type: "prompt_edited", promptId: "a", text: "better" };
		const cancel = { type: "prompt_ended", promptId: "b", outcome: "cancelled", reason: "you did" };
		const view = fold([prompt("a", "draft"), prompt("b"), edit, cancel]);
		expect(turns(view)[0]).toMatchObject({ text: "better", edited: true, state: "waiting" });
		expect(turns(view)[1]).toMatchObject({ state: "cancelled", end: { reason: "you did" } });
	});

	test("stand behind a turn that overtook them", () => {
		const view = fold([prompt("a"), prompt("b"), prompt("c"), started("c")]);
		expect(turns(view).map((t) => t.promptId)).toEqual(["c", "a", "b"]);
	});

	test("stand in the order of their places, behind what ran", () => {
		const { items } = fold([prompt("a"), started("a"), prompt("b"), prompt("c"), prompt("d")]);
		const placed = (places: Record<string, number>) => inOrder(items, new Map(Object.entries(places)));
		expect(placed({ b: 7, d: 9, c: 2 }).map(({ key }) => key)).toEqual(["a", "c", "b", "d"]);
		expect(placed({ a: 3, d: 1, c: 2 }).map(({ key }) => key)).toEqual(["a", "b", "d", "c"]);
		expect(placed({ b: 1 })).toBe(items);
	});

	test("do not move turns that have begun", () => {
		const view = fold([
			prompt("a"),
			started("a"),
			message("a", "m", "x"),
			ended("a", "requeued"),
			prompt("b"),
			started("b"),
		]);
		expect(turns(view).map((t) => t.promptId)).toEqual(["a", "b"]);
	});
});

describe("permissions", () => {
	const asked = {
		type: "permission_requested",
		promptId: "a",
		requestId: "r",
		tool: "Bash",
		input: {},
	};

	test("are open until decided", () => {
		const view = fold([prompt("a"), started("a"), asked]);
		expect(openPermissions(runningTurn(view)!)).toMatchObject([{ requestId: "r" }]);
		const decided = {
			type: "permission_decided",
			promptId: "a",
			requestId: "r",
			decision: "allow",
			rule: "Bash x, in this session",
		};
		const after = applyEvents(view, log([decided], 4));
		expect(openPermissions(runningTurn(after)!)).toEqual([]);
		expect(turns(after)[0]?.entries[0]).toMatchObject({ decision: "allow", rule: "Bash x, in this session" });
	});

	test("are not asked any more when the turn is over", () => {
		const [turn] = turns(fold([prompt("a"), started("a"), asked, ended("a", "interrupted")]));
		expect(openPermissions(turn!)).toEqual([]);
	});
});

describe("what else is said", () => {
	test("notices stand in their turn, or by themselves", () => {
		const inside = { type: "notice", promptId: "a", level: "warning", text: "stopped at 310 MB" };
		const outside = { type: "notice", level: "info", text: "restarted" };
		const view = fold([prompt("a"), inside, outside]);
		expect(turns(view)[0]?.entries[0]).toMatchObject({ kind: "notice", level: "warning" });
		expect(view.items[1]).toMatchObject({ kind: "note", entry: { text: "restarted" } });
	});

	test("unknown agent events are kept, unknown types pass by", () => {
		const view = fold([
			prompt("a"),
			{ type: "agent_event", promptId: "a", raw: { a: 1 } },
			{ type: "hologram", promptId: "a" },
		]);
		expect(turns(view)[0]?.entries).toMatchObject([{ kind: "unknown", raw: { a: 1 } }]);
		expect(view.lastSeq).toBe(3);
	});
});

test("a change keeps the turns it does not touch", () => {
	const view = fold([prompt("a"), started("a"), ended("a"), prompt("b")]);
	const after = applyEvents(view, log([started("b"), message("b", "m", "x")], 5));
	expect(after.items[0]).toBe(view.items[0]);
	expect(after.items[1]).not.toBe(view.items[1]);
	expect(turns(view)[1]).toMatchObject({ state: "waiting", entries: [] });
});
