// What the mock server begins with.
import { essay } from "./agent.mjs";

const figures = { costUsd: 0.0311, durationMs: 14_200, inputTokens: 18_240, outputTokens: 912 };
const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();

export function seed(world) {
	world.folders.add("shop");
	world.folders.add("engine");
	world.folders.add("notes");
	const titles = [
		["shop", "Checkout totals are off by a cent", 0.3],
		["engine", "Explain how the queue stays fair", 4],
		["shop", "Move the cart to Svelte 5", 55],
		["engine", "Write a fuzz test for the trace format", 190],
		["engine", "Read me through the governor", 3000],
	];
	for (const [workspace, title, minutes] of titles) {
		const session = world.session(world.addSession({ workspace, title }, ago(minutes)).id);
		history(world, session, title, minutes, title.startsWith("Read me") ? 120 : 1);
	}
	world.turns.decided("set_tier", "premium tier: memory is at 50 of 400 MB");
	world.turns.decided("evict", "idle for 2 minutes");
}

function history(world, session, title, minutes, turns) {
	for (let n = 1; n <= turns; n++) {
		const promptId = `${session.id}-${n}`;
		const add = (event) => world.append(session.id, { promptId, time: ago(minutes), ...event });
		add({
			type: "prompt",
			text:
				turns > 1
					? `Part ${n}: ${title.toLowerCase()}`
					: `${title}. Please look into it and tell me what you find.`,
		});
		add({ type: "turn_started", how: n > 1 ? "warm" : "new", process: 1, reason: "starts a new process" });
		add({ type: "thinking", message: `m${n}`, block: 0, text: "I should read the code first." });
		add({ type: "tool_call", toolId: `t${n}`, name: "Read", input: { file_path: "src/cart/total.ts" } });
		add({
			type: "tool_result",
			toolId: `t${n}`,
			output: "export function total(items) {\n\treturn items.reduce((s, i) => s + i.price * i.count, 0);\n}",
			isError: false,
		});
		add({
			type: "tool_call",
			toolId: `e${n}`,
			name: "Edit",
			input: {
				file_path: "src/cart/total.ts",
				old_string: "s + i.price * i.count",
				new_string: "s + Math.round(i.price * 100) * i.count",
			},
		});
		add({ type: "tool_result", toolId: `e${n}`, output: "The file was changed.", isError: false });
		add({
			type: "tool_call",
			toolId: `f${n}`,
			name: "Bash",
			input: { command: "npm test -- total", description: "Run the tests" },
		});
		add({
			type: "tool_result",
			toolId: `f${n}`,
			output: "FAIL src/cart/total.test.ts\n  expected 1999 to be 19.99",
			isError: true,
		});
		add({ type: "message", message: `m${n}`, block: 1, text: essay });
		add({ type: "turn_ended", outcome: "done", ...figures });
	}
	session.turns = turns;
	session.costUsd = figures.costUsd * turns;
	session.updated = ago(minutes);
}
