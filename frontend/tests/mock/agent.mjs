// What the mock's agent does with a prompt: thinks, uses a tool, asks first when the prompt says "deploy"
// or "delete", writes an answer piece by piece.
import { setTimeout as sleep } from "node:timers/promises";

const MB = 1024 * 1024;
const pace = Number(process.env.MOCK_PACE ?? 18);

export const essay = `The queue keeps **one line per user** and serves them in turn, so nobody can fill it alone.

1. A prompt is written to disk first, then acknowledged.
2. The governor decides whether a process can be had for it.
3. If not, it waits, and the page shows position, time and reason.

\`\`\`go
// Next returns the prompt that runs next, nil when none can.
func (q *Queue) Next(now time.Duration) *Item {
	for _, user := range q.order {
		if item := q.lines[user].head(); item != nil && item.ready(now) {
			return item
		}
	}
	return nil
}
\`\`\`

| state | slots | what happens |
|---|---|---|
| calm | free | starts at once |
| busy | taken | waits, first come first served |

I would leave \`queue_test.go\` as it is; it covers both.`;

export async function answer(world, session, run, process, text) {
	const base = { promptId: run.promptId };
	const message = `m${run.promptId}`;
	await write(
		world,
		session,
		run,
		{ ...base, message, block: 0, thinking: true },
		"The question is about the queue. I should look at the package before I say anything about it.",
	);
	if (run.stopped) return;
	const risky = /deploy|delete|remove/i.test(text);
	const command = risky
		? "rm -rf build && npm ci && npm run deploy -- --env staging"
		: "go test ./engine/queue -run TestFair -count=1";
	const toolId = `t${run.promptId}`;
	const input = { command, description: risky ? "Deploy to staging" : "Run the queue's tests" };
	world.append(session.id, { type: "tool_call", ...base, toolId, name: "Bash", input });
	if (risky && !(await ask(world, session, run, toolId, input))) return;
	process.tool = { label: command.slice(0, 40), bytes: 62 * MB };
	await sleep(pace * 80);
	process.tool = undefined;
	if (run.stopped) return;
	world.append(session.id, {
		type: "tool_result",
		...base,
		toolId,
		output: "ok  \tcoder1/engine/queue\t0.412s",
		isError: false,
	});
	await write(world, session, run, { ...base, message, block: 1, thinking: false }, essay);
}

async function ask(world, session, run, toolId, input) {
	const requestId = `r${run.promptId}`;
	const suggestions = [{ type: "addRules", rules: [{ toolName: "Bash", ruleContent: "npm run deploy:*" }] }];
	world.append(session.id, {
		type: "permission_requested",
		promptId: run.promptId,
		requestId,
		toolId,
		tool: "Bash",
		input,
		suggestions,
	});
	session.state = "waiting";
	world.tellLists();
	const decision = await new Promise((resolve) => {
		run.question = { requestId, answer: resolve };
	});
	if (decision === "allow") return true;
	if (run.stopped) return false;
	world.append(session.id, {
		type: "tool_result",
		promptId: run.promptId,
		toolId,
		output: "The user said no.",
		isError: true,
	});
	world.append(session.id, {
		type: "message",
		promptId: run.promptId,
		message: `d${run.promptId}`,
		block: 0,
		text: "Understood; I left everything as it was.",
	});
	return false;
}

async function write(world, session, run, at, text) {
	for (let offset = 0; offset < text.length && !run.stopped; offset += 9) {
		world.delta(session.id, { ...at, offset, text: text.slice(offset, offset + 9) });
		run.partial = { ...at, text: text.slice(0, offset + 9) };
		await sleep(pace);
	}
	run.partial = undefined;
	if (run.stopped) return;
	const { promptId, message, block } = at;
	world.append(session.id, { type: at.thinking ? "thinking" : "message", promptId, message, block, text });
}
