// What the mock's agent does with a prompt: thinks, uses a tool (and asks first when the prompt says
// "deploy"), writes an answer piece by piece. A prompt that begins with "echo " is answered with itself;
// one that begins with "hold" stops in the middle of the answer until the world is released.
import { setTimeout as sleep } from "node:timers/promises";

const MB = 1024 * 1024;

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

/** Runs a turn to its end; `run.stopped` says that it was ended from outside. */
export async function answer(turns, session, run, process, text) {
	const { world } = turns;
	const { promptId } = run;
	const message = `m${world.next++}`;
	const say = (block, thinking, words) =>
		write(turns, session, run, { promptId, message, block, thinking }, words);
	if (text.startsWith("echo ")) return say(0, false, text.slice(5));

	await say(
		0,
		true,
		"The question is about the queue. I should look at the package before I say anything about it.",
	);
	if (run.stopped) return;
	const toolId = `t${message}`;
	const input = /deploy/i.test(text)
		? {
				command: "rm -rf build && npm ci && npm run deploy -- --env staging",
				description: "Deploy to staging",
			}
		: { command: "go test ./engine/queue -run TestFair -count=1", description: "Run the queue's tests" };
	world.append(session.id, { type: "tool_call", promptId, toolId, name: "Bash", input });
	if (/deploy/i.test(text) && !(await ask(world, session, run, toolId, input))) return;
	process.tool = { label: input.command.slice(0, 40), bytes: 62 * MB };
	await sleep(turns.pace * 80);
	process.tool = undefined;
	if (run.stopped) return;
	const output = "ok  \tcoder1/engine/queue\t0.412s";
	world.append(session.id, { type: "tool_result", promptId, toolId, output, isError: false });
	const half = Math.round(essay.length / 2);
	const holding = {
		promptId,
		message,
		block: 1,
		thinking: false,
		holdAt: text.startsWith("hold") ? half : undefined,
	};
	await write(turns, session, run, holding, essay);
}

async function ask(world, session, run, toolId, input) {
	const { promptId } = run;
	const requestId = `r${toolId}`;
	const request = { promptId, requestId, toolId, tool: "Bash", input };
	world.append(session.id, { type: "permission_requested", ...request });
	session.state = "waiting";
	world.tellLists();
	const decision = await new Promise((resolve) => {
		run.question = { requestId, answer: resolve };
	});
	if (decision === "deny") {
		world.append(session.id, {
			type: "tool_result",
			promptId,
			toolId,
			output: "The user said no.",
			isError: true,
		});
	}
	return decision === "allow";
}

const piece = 9;

async function write({ world, pace }, session, run, { holdAt = Number.POSITIVE_INFINITY, ...at }, text) {
	for (let offset = 0; offset < text.length && !run.stopped; offset += piece) {
		const delta = { ...at, offset, text: text.slice(offset, offset + piece) };
		world.tell(session.id, { type: "delta", session: session.id, ...delta });
		run.partial = { ...at, text: text.slice(0, offset + piece) };
		await sleep(pace);
		if (offset <= holdAt && holdAt < offset + piece) await Promise.race([world.released, run.ended]);
	}
	run.partial = undefined;
	if (run.stopped || !world.sessions.has(session.id)) return;
	const { promptId, message, block } = at;
	world.append(session.id, { type: at.thinking ? "thinking" : "message", promptId, message, block, text });
}
