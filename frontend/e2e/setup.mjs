// What the tests of the whole product share: the imitation of the model's API, and a look whether all that
// they drive is there.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cli, root, server } from "./paths.mjs";
import { firstLine } from "./server.mjs";

const needed = [
	[server, "make build"],
	[cli, "make setup-tests"],
];

export default async function setup({ provide }) {
	for (const [file, command] of needed) {
		if (!existsSync(file)) throw new Error(`${file} is not there: run \`${command}\` first.`);
	}
	const model = spawn("go", ["run", "./engine/agent/agenttest/messagesapi"], {
		cwd: root,
		stdio: ["pipe", "pipe", "inherit"],
	});
	provide("model", await firstLine(model, /http:\S+/));
	// It ends when its standard input does.
	return () => new Promise((ended) => model.once("exit", ended) && model.stdin.end());
}
