// How turns run in the mock: a queue, two processes that sessions share, memory, decisions with reasons.
import { answer } from "./agent.mjs";

const MB = 1024 * 1024;
const slots = 2;

export class Turns {
	queue = [];
	processes = [];
	decisions = [];

	constructor(world, pace) {
		this.world = world;
		this.pace = pace;
	}

	prompt(session, text) {
		const promptId = `p${this.world.next++}`;
		this.world.append(session, { type: "prompt", promptId, text });
		this.queue.push({ promptId, session, text, since: Date.now() });
		this.schedule();
		const at = this.queue.findIndex((q) => q.promptId === promptId);
		const nothing = { position: 0, estimatedWait: "", estimatedWaitSeconds: 0, message: "", reason: "" };
		return at < 0
			? { promptId, status: "running", ...nothing }
			: { status: "queued", ...this.place(this.queue[at], at) };
	}

	change(session, promptId, { text, before }) {
		const q = this.queue.find((e) => e.promptId === promptId);
		if (!q) throw { status: 409, title: "Conflict", detail: "This prompt already runs." };
		if (text) {
			q.text = text;
			this.world.append(session, { type: "prompt_edited", promptId, text });
		}
		if (before !== undefined) {
			this.queue = this.queue.filter((e) => e !== q);
			const at = this.queue.findIndex((e) => e.promptId === before);
			this.queue.splice(at < 0 ? this.queue.length : at, 0, q);
		}
		this.world.tellStatus();
	}

	stop(session, promptId) {
		const waits = this.queue.some((q) => q.promptId === promptId);
		this.queue = this.queue.filter((q) => q.promptId !== promptId);
		const cancelled = {
			type: "prompt_ended",
			promptId,
			outcome: "cancelled",
			reason: "cancelled by its user",
		};
		if (waits) this.world.append(session, cancelled);
		else this.world.session(session).run?.stop("interrupted");
		this.world.tellLists();
		this.world.tellStatus();
	}

	stopProcess(pid) {
		const p = this.processes.find((e) => String(e.pid) === pid);
		if (!p) throw { status: 404, title: "Not found", detail: "This process has ended already." };
		this.evict(p, "stopped because you asked for it");
		if (p.state === "running") this.world.session(p.session).run?.stop("requeued");
		this.world.tellStatus();
	}

	schedule() {
		for (const q of [...this.queue]) {
			if (this.world.session(q.session).run) continue;
			const found = this.processFor(q.session);
			if (!found) break;
			this.queue = this.queue.filter((e) => e !== q);
			void this.run(q, found);
		}
		this.world.tellStatus();
		this.world.tellLists();
	}

	processFor(id) {
		const own = this.processes.find((p) => p.session === id && p.state === "idle");
		if (own) return { process: own, how: "warm", reason: "goes on in this session's own process" };
		const idle = this.processes.find((p) => p.state === "idle");
		const full = this.processes.length >= slots;
		if (full && !idle) return undefined;
		if (full) this.evict(idle, "makes room for another session");
		const { workspace, agent, turns } = this.world.session(id);
		const process = {
			id: this.world.next++,
			pid: 4000 + this.world.next,
			agent,
			session: id,
			workspace,
			bytes: 96 * MB,
			turns: 0,
		};
		this.processes.push(process);
		if (turns === 0) return { process, how: "new", reason: "starts a new process" };
		return {
			process,
			how: "resumed",
			reason: "continues the conversation in a new process",
		};
	}

	async run(q, { process, how, reason }) {
		const { world } = this;
		const session = world.session(q.session);
		const started = Date.now();
		const run = { promptId: q.promptId };
		run.ended = new Promise((end) => {
			run.stop = (outcome) => {
				run.stopped ??= outcome;
				run.question?.answer("withdrawn");
				end();
			};
		});
		process.state = "running";
		Object.assign(session, { state: "running", run });
		this.decided("start_turn", reason, q.session);
		world.append(q.session, { type: "turn_started", promptId: q.promptId, how, process: process.id, reason });
		await answer(this, session, run, process, q.text);
		if (!world.sessions.has(q.session)) return;
		const figures = {
			costUsd: 0.0184,
			durationMs: Date.now() - started,
			inputTokens: 12_400,
			outputTokens: 640,
		};
		const outcome = run.stopped ?? "done";
		const why = outcome === "requeued" ? { reason: "its process was stopped" } : {};
		world.append(q.session, { type: "turn_ended", promptId: q.promptId, outcome, ...figures, ...why });
		Object.assign(session, { state: "idle", run: undefined, turns: session.turns + 1 });
		session.costUsd += figures.costUsd;
		Object.assign(process, { state: "idle", since: Date.now(), turns: process.turns + 1, tool: undefined });
		if (outcome === "requeued") this.queue.unshift({ ...q, since: Date.now() });
		this.schedule();
	}

	evict(process, reason) {
		this.processes = this.processes.filter((p) => p !== process);
		this.decided("evict", reason, process.session);
	}

	decided(kind, reason, session) {
		this.decisions.push({ id: this.world.next++, time: new Date().toISOString(), kind, reason, session });
	}

	place({ promptId, session, text, since }, i) {
		const seconds = Math.max(0, 40 * (i + 1) - Math.round((Date.now() - since) / 1000));
		const wait = { estimatedWait: `${seconds} seconds`, estimatedWaitSeconds: seconds };
		const reason = "both agents are busy with other prompts";
		const message = `High demand - you're #${i + 1} in queue`;
		return { promptId, session, position: i + 1, ...wait, message, reason, text: text.slice(0, 200) };
	}

	status() {
		const memory = this.memory();
		const used = memory.usedBytes;
		const [name, maxAgents, feature] =
			used > 380 * MB
				? ["essential", 1]
				: used > 300 * MB
					? ["standard", 2, "session-summary"]
					: ["premium", 3, "multi-agent"];
		const alert = { name: "memory", severity: "warning", since: new Date().toISOString() };
		return {
			memory,
			tier: {
				name,
				maxAgents,
				features: [feature, "basic-ide", "file-ops"].filter(Boolean),
				scrollbackLines: 25_000,
			},
			slots: {
				running: this.processes.filter((p) => p.state === "running").length,
				max: Math.min(slots, maxAgents),
				processes: this.processes.length,
				maxProcesses: slots,
			},
			processes: this.processes.map(({ tool, since, ...p }) => ({
				...p,
				idleMs: p.state === "idle" ? Date.now() - since : 0,
			})),
			queue: this.queue.map((q, i) => this.place(q, i)),
			alerts:
				used > 300 * MB
					? [
							{
								...alert,
								message: `memory is at ${Math.round(used / MB)} of 400 MB (${Math.round(used / MB / 4)} %)`,
							},
						]
					: [],
			decisions: this.decisions.slice(-100),
			wait: { turnMs: 40_000, errorMs: 3000, count: 12 },
			recorder: { bytes: 1_300_000, since: new Date(Date.now() - 26 * 3600_000).toISOString() },
			uptimeMs: process.uptime() * 1000,
			version: "0.1.0-mock",
		};
	}

	memory() {
		const owners = [
			{ owner: "server", kind: "server", label: "Coder1 itself", bytes: 19 * MB },
			...this.processes.flatMap(({ id, agent, session, bytes, tool }) => [
				{ owner: `process/${id}`, kind: "process", label: agent, session, bytes },
				...(tool ? [{ owner: `tool/${id}`, kind: "tool", session, ...tool }] : []),
			]),
			{ owner: "cache", kind: "cache", label: "Programs and files in memory, shared by all", bytes: 31 * MB },
		];
		const usedBytes = owners.reduce((sum, o) => sum + o.bytes, 0);
		const level = usedBytes > 380 * MB ? "panic" : usedBytes > 300 * MB ? "warning" : "normal";
		const [budgetBytes, warningBytes, panicBytes, hardLimitBytes] = [400 * MB, 300 * MB, 380 * MB, 512 * MB];
		return {
			usedBytes,
			budgetBytes,
			warningBytes,
			panicBytes,
			hardLimitBytes,
			source: "cgroup v2",
			level,
			owners,
		};
	}
}
