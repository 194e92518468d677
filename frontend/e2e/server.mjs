// The real server as a process: started, stopped, killed, and started again where it was.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { deadMan } from "../tests/browser.mjs";
import { server as binary, cli } from "./paths.mjs";

export const token = "a-token-for-the-tests";

// So much that slots decide, and not how much memory this machine's processes take.
const roomy = { MEMORY_LIMIT_MB: "4000", MEMORY_WARNING_THRESHOLD: "3000", MEMORY_PANIC_THRESHOLD: "3900" };

export class Server {
	/** @param model address of the model's API; without one only the built-in agent is there */
	static async start({ model, env = roomy, within = [] } = {}) {
		const data = await mkdtemp(join(tmpdir(), "coder1-e2e-"));
		const server = new Server();
		const claude = { CLAUDE_BIN: cli, ANTHROPIC_API_KEY: "any", ANTHROPIC_BASE_URL: model };
		Object.assign(server, { data, within, port: "0", env: { ...env, ...(model && claude) } });
		await server.run();
		return server;
	}

	async run() {
		const { PATH } = process.env;
		const own = { PATH, HOME: this.data, CODER1_DATA: this.data, CODER1_TOKEN: token, PORT: this.port };
		const [program, ...args] = [...this.within, binary, "serve"];
		this.process = spawn(program, args, { env: { ...own, ...this.env }, stdio: ["ignore", "pipe", "pipe"] });
		this.log = "";
		for (const stream of [this.process.stdout, this.process.stderr]) {
			stream.on("data", (text) => {
				this.log += text;
			});
		}
		this.ended = new Promise((ended) => this.process.once("exit", (code) => ended(code)));
		/** Logs in whoever opens it first. */
		this.link = await firstLine(this.process, /http:\S+/).catch((error) => {
			throw new Error(`${error.message}\n${this.log}`);
		});
		this.url = new URL(this.link).origin;
		this.port = new URL(this.link).port;
	}

	/** Ends the server: SIGTERM as a deploy does, SIGKILL as the kernel does. The result is its exit code. */
	stop(signal = "SIGTERM") {
		this.process.kill(signal);
		return this.ended;
	}

	async discard() {
		await this.stop("SIGKILL");
		await rm(this.data, { recursive: true, maxRetries: 20 });
	}

	/** A call as any client makes it. */
	call(method, path, body) {
		return this.send(method, path, body && JSON.stringify(body), "application/json");
	}

	/** Makes a session out of an exported file. */
	import(workspace, file) {
		return this.send("POST", `/api/sessions/import?workspace=${workspace}`, file, "application/x-ndjson");
	}

	/** Writes a file of a workspace. */
	put(workspace, path, content) {
		return this.send(
			"PUT",
			`/api/workspaces/${workspace}/files/${path}`,
			content,
			"application/octet-stream",
		);
	}

	async send(method, path, body, type) {
		const headers = { Authorization: `Bearer ${token}`, "Content-Type": type };
		const response = await fetch(this.url + path, { method, headers, body });
		if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
		const text = await response.text();
		return text === "" ? undefined : JSON.parse(text);
	}
}

/** The first match in what a process says. */
export function firstLine(process, pattern) {
	return new Promise((found, failed) => {
		const lines = createInterface({ input: process.stdout });
		const timer = setTimeout(() => failed(new Error("The address is not said.")), deadMan);
		const settle = (done, result) => {
			clearTimeout(timer);
			done(result);
		};
		lines.on("line", (line) => {
			const match = pattern.exec(line);
			if (match) settle(found, match[0]);
		});
		lines.once("close", () => settle(failed, new Error("It ended before it said its address.")));
	});
}
