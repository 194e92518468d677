// A session as long as anybody's: an exported file of it, to be imported.

/** An exported session of so many turns of two messages and a tool call each, every fifth with code in it. */
export function exported(turns) {
	const events = [];
	const add = (type, fields) => {
		const time = new Date(1_790_000_000_000 + events.length * 1000).toISOString();
		events.push({ seq: events.length + 1, time, type, ...fields });
	};
	for (let n = 1; n <= turns; n++) {
		const promptId = `p${n}`;
		add("prompt", { promptId, text: `Prompt ${n}: what does part ${n} do, and is it tested?` });
		add("turn_started", { promptId, how: "warm", process: 1, reason: "" });
		add("message", { promptId, message: `m${n}`, block: 0, text: `Let me look at part ${n}.` });
		const command = `grep -rn "part ${n}" src`;
		add("tool_call", { promptId, toolId: `t${n}`, name: "Bash", input: { command } });
		add("tool_result", {
			promptId,
			toolId: `t${n}`,
			output: `src/part${n}.ts:1: // part ${n}\n`.repeat(8),
			isError: false,
		});
		add("message", { promptId, message: `a${n}`, block: 0, text: answer(n) });
		const figures = { costUsd: 0.01, durationMs: 4200, inputTokens: 1200, outputTokens: 240 };
		add("turn_ended", { promptId, outcome: "done", ...figures });
	}
	const now = events.at(-1).time;
	const about = { id: "long", workspace: "shop", agent: "demo", title: "Long", created: now, updated: now };
	const head = {
		coder1Export: 1,
		session: { ...about, turns, costUsd: turns / 100, lastSeq: events.length },
	};
	return `${[head, ...events].map((line) => JSON.stringify(line)).join("\n")}\n`;
}

function answer(n) {
	const text =
		`**Part ${n}** takes what the one before it made, checks it, and hands it on. Three things matter:\n\n` +
		`1. It never holds more than \`${n * 10} KB\`.\n2. It can be stopped at any time.\n` +
		`3. Its tests are in \`src/part${n}.test.ts\`, and they pass.\n\n`;
	const code = `\`\`\`ts\nexport function part${n}(input: string): string {\n\treturn check(input).slice(${n});\n}\n\`\`\`\n`;
	return n % 5 === 0 ? text + code : text;
}
