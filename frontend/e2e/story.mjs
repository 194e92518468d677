// A model's API that tells a story: for the pictures in README, which are to show real work. Which prompt is
// answered with what is written down beside the test; everything between is the real agent CLI.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Serves stories: `story` gives the steps that follow on a prompt, each a list of blocks `{ thinking }`,
 * `{ text }` or `{ tool, input }`. A step follows on the results of the tools before it. A text with `hold` is
 * never finished.
 */
export async function tell(story) {
	const server = createServer(async (request, response) => {
		const body = await read(request);
		if (request.url.includes("count_tokens")) return response.end(JSON.stringify({ input_tokens: 1000 }));
		const { text, step } = place(body.messages);
		const blocks = story(text)?.[step] ?? [{ text: "All right." }];
		response.writeHead(200, { "Content-Type": "text/event-stream" });
		await stream(response, body.model, blocks);
	});
	await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
	const close = () => {
		server.closeAllConnections();
		return new Promise((closed) => server.close(closed));
	};
	return { url: `http://127.0.0.1:${server.address().port}`, close };
}

async function read(request) {
	let text = "";
	for await (const piece of request) text += piece;
	return JSON.parse(text);
}

/** The last thing the user said, and how many times tools have answered since. */
function place(messages) {
	let text = "";
	let step = 0;
	for (const { role, content } of messages) {
		const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
		const said = blocks.filter((b) => b.type === "text").map((b) => withoutAsides(b.text));
		if (role !== "user") continue;
		if (blocks.some((b) => b.type === "tool_result")) step++;
		const last = said.filter(Boolean).at(-1);
		if (last) [text, step] = [last, 0];
	}
	return { text, step };
}

/** What the user typed, without what the CLI added. */
function withoutAsides(text) {
	return text.replace(/<system-reminder>.*?<\/system-reminder>/gs, "").trim();
}

let id = 0;

async function stream(response, model, blocks) {
	const send = (type, fields) =>
		response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
	const usage = { input_tokens: 12_400, output_tokens: 1 };
	const message = { id: `msg_${++id}`, type: "message", role: "assistant", model, content: [] };
	send("message_start", { message: { ...message, stop_reason: null, stop_sequence: null, usage } });
	for (const [index, block] of blocks.entries()) {
		send("content_block_start", { index, content_block: start(block) });
		for (const delta of deltas(block)) {
			send("content_block_delta", { index, delta });
			await sleep(block.text ? 15 : 0);
		}
		if (block.hold) return;
		send("content_block_stop", { index });
	}
	const stop_reason = blocks.some((b) => b.tool) ? "tool_use" : "end_turn";
	send("message_delta", { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 640 } });
	send("message_stop", {});
	response.end();
}

function start({ tool, thinking }) {
	if (tool) return { type: "tool_use", id: `toolu_${++id}`, name: tool, input: {} };
	return thinking ? { type: "thinking", thinking: "", signature: "" } : { type: "text", text: "" };
}

function deltas({ tool, input, thinking, text }) {
	if (tool) return [{ type: "input_json_delta", partial_json: JSON.stringify(input) }];
	if (thinking) {
		const signature = { type: "signature_delta", signature: "c2lnbmVk" };
		return [{ type: "thinking_delta", thinking }, signature];
	}
	return text.split(/(?<= )/).map((piece) => ({ type: "text_delta", text: piece }));
}
