// The state behind the mock server: sessions, two process slots, a queue, memory, decisions.
import { answer } from "./mock-agent.mjs";
import { seed } from "./mock-seed.mjs";

const MB = 1024 * 1024;
const slots = 2;
const now = () => new Date().toISOString();

export class World {
	sessions = new Map();
	folders = new Map();
	processes = [];
	queue = [];
	decisions = [];
	listeners = new Set();
	next = 1;

	constructor(seeded) {
		if (seeded) seed(this);
		setInterval(() => this.tellStatus(), 1000);
	}

	// What is there.

	me() {
		const agents = [
			{ name: "claude", available: true, detail: "Claude Code 2.1 is installed and a key is set." },
			{
				name: "demo",
				available: true,
				detail: "Built in; no model is connected. Lists, reads and writes files and runs commands.",
			},
		];
		return { user: "owner", agents, defaultAgent: "claude", version: "0.1.0-mock" };
	}

	workspaces() {
		const count = (name) => [...this.sessions.values()].filter((s) => s.workspace === name).length;
		return [...this.folders].map(([name, created]) => ({
			name,
			path: `/data/${name}`,
			created,
			sessions: count(name),
		}));
	}

	sessionList() {
		const list = [...this.sessions.values()].sort((a, b) => b.updated.localeCompare(a.updated));
		return list.map(({ events, run, ...session }) => {
			const queued = this.queue.filter((q) => q.session === session.id).length;
			const state = session.state === "idle" && queued > 0 ? "queued" : session.state;
			return { ...session, state, lastSeq: events.length, queued };
		});
	}

	session(id) {
		const session = this.sessions.get(id);
		if (!session) throw { status: 404, title: "Not found", detail: "There is no such session." };
		return session;
	}

	page(id, query) {
		const { events } = this.session(id);
		const limit = Number(query.get("limit") ?? 200);
		const before = query.get("before");
		const after = Number(query.get("after") ?? 0);
		const list = before
			? events.filter((e) => e.seq < Number(before)).slice(-limit)
			: events.filter((e) => e.seq > after).slice(0, limit);
		return { events: list, next: list.at(-1)?.seq ?? after };
	}

	status() {
		const running = this.processes.filter((p) => p.state === "running").length;
		const cache = 31 * MB;
		const server = 19 * MB;
		const used = this.processes.reduce((sum, p) => sum + p.bytes + (p.tool?.bytes ?? 0), server + cache);
		const level = used > 380 * MB ? "panic" : used > 300 * MB ? "warning" : "normal";
		const [name, maxAgents, features] =
			used > 380 * MB
				? ["essential", 1, ["basic-ide", "single-agent", "file-ops"]]
				: used > 300 * MB
					? ["standard", 2, ["two-agent-teams", "session-summary", "basic-ide", "file-ops"]]
					: ["premium", 3, ["multi-agent", "parallel-execution", "two-agent-teams", "session-summary"]];
		return {
			memory: {
				usedBytes: used,
				budgetBytes: 400 * MB,
				warningBytes: 300 * MB,
				panicBytes: 380 * MB,
				hardLimitBytes: 512 * MB,
				source: "cgroup v2",
				level,
				owners: [
					{ owner: "server", kind: "server", label: "Coder1 server", bytes: server },
					...this.processes.flatMap((p) => [
						{
							owner: `process/${p.id}`,
							kind: "process",
							label: `Process ${p.id} (${p.agent})`,
							session: p.session,
							bytes: p.bytes,
						},
						...(p.tool ? [{ owner: `tool/${p.id}`, kind: "tool", session: p.session, ...p.tool }] : []),
					]),
					{ owner: "cache", kind: "cache", label: "Page cache", bytes: cache },
				],
			},
			tier: { name, maxAgents, features, scrollbackLines: 25_000 },
			slots: {
				running,
				max: Math.min(slots, maxAgents),
				processes: this.processes.length,
				maxProcesses: slots,
			},
			processes: this.processes.map(({ tool: _, since, ...p }) => ({
				...p,
				idleMs: p.state === "idle" ? Date.now() - since : 0,
			})),
			queue: this.queue.map((q, i) => this.place(q, i)),
			alerts:
				level === "normal"
					? []
					: [
							{
								name: "memory",
								severity: "warning",
								since: now(),
								message: `Memory is at ${Math.round(used / MB / 4)} % of the budget.`,
							},
						],
			decisions: this.decisions.slice(-100),
			uptimeMs: process.uptime() * 1000,
			version: "0.1.0-mock",
		};
	}

	place(q, i) {
		const seconds = Math.max(0, 40 * (i + 1) - Math.round((Date.now() - q.since) / 1000));
		return {
			promptId: q.promptId,
			session: q.session,
			position: i + 1,
			estimatedWait: `${seconds} seconds`,
			estimatedWaitSeconds: seconds,
			message: `High demand - you're #${i + 1} in queue`,
			reason: "Both processes are working; yours starts as soon as one is free.",
			text: q.text.slice(0, 200),
		};
	}

	// What is done.

	addWorkspace(name) {
		if (this.folders.has(name))
			throw { status: 409, title: "Conflict", detail: "There is a workspace of this name." };
		this.folders.set(name, now());
		this.tellLists();
		return this.workspaces().find((w) => w.name === name);
	}

	removeWorkspace(name) {
		this.folders.delete(name);
		this.tellLists();
	}

	addSession({ workspace, agent = "claude", title = "" }, time = now()) {
		const id = `s${this.next++}`;
		const state = { state: "idle", turns: 0, costUsd: 0, lastSeq: 0, queued: 0 };
		this.sessions.set(id, {
			id,
			workspace,
			agent,
			title,
			created: time,
			updated: time,
			...state,
			events: [],
		});
		this.tellLists();
		return this.sessionList().find((s) => s.id === id);
	}

	rename(id, title) {
		this.session(id).title = title;
		this.tellLists();
		return this.sessionList().find((s) => s.id === id);
	}

	removeSession(id) {
		this.session(id).run?.stop("interrupted");
		this.queue = this.queue.filter((q) => q.session !== id);
		this.sessions.delete(id);
		this.tellLists();
	}

	prompt(id, text) {
		const promptId = `p${this.next++}`;
		this.append(id, { type: "prompt", promptId, text });
		this.queue.push({ promptId, session: id, text, since: Date.now() });
		this.schedule();
		const at = this.queue.findIndex((q) => q.promptId === promptId);
		if (at < 0)
			return {
				promptId,
				status: "running",
				position: 0,
				estimatedWait: "",
				estimatedWaitSeconds: 0,
				message: "",
				reason: "",
			};
		const { position, estimatedWait, estimatedWaitSeconds, message, reason } = this.place(this.queue[at], at);
		return { promptId, status: "queued", position, estimatedWait, estimatedWaitSeconds, message, reason };
	}

	change(id, promptId, { text, before }) {
		const q = this.queue.find((e) => e.promptId === promptId);
		if (!q) throw { status: 409, title: "Conflict", detail: "This prompt already runs." };
		if (text) {
			q.text = text;
			this.append(id, { type: "prompt_edited", promptId, text });
		}
		if (before !== undefined) {
			this.queue = this.queue.filter((e) => e !== q);
			const at = this.queue.findIndex((e) => e.promptId === before);
			this.queue.splice(at < 0 ? this.queue.length : at, 0, q);
		}
		this.tellStatus();
	}

	stop(id, promptId) {
		const before = this.queue.length;
		this.queue = this.queue.filter((q) => q.promptId !== promptId);
		if (this.queue.length < before) {
			this.append(id, {
				type: "prompt_ended",
				promptId,
				outcome: "cancelled",
				reason: "You cancelled it while it waited.",
			});
		} else this.session(id).run?.stop("interrupted");
		this.tellLists();
		this.tellStatus();
	}

	decide(id, requestId, { decision, remember }) {
		const { run } = this.session(id);
		if (run?.question?.requestId !== requestId)
			throw { status: 409, title: "Conflict", detail: "This was decided already." };
		run.question.answer(decision);
		run.question = undefined;
		this.append(id, { type: "permission_decided", promptId: run.promptId, requestId, decision, remember });
		this.session(id).state = "running";
		this.tellLists();
	}

	stopProcess(id) {
		const p = this.processes.find((e) => String(e.id) === id);
		if (!p) throw { status: 404, title: "Not found", detail: "This process has ended already." };
		this.processes = this.processes.filter((e) => e !== p);
		if (p.state === "running") this.session(p.session).run?.stop("requeued");
		this.decided("evict", `Process ${p.id} was stopped because you asked for it; its session is on disk.`, {
			session: p.session,
		});
		this.tellStatus();
	}

	// How turns run.

	schedule() {
		for (const q of [...this.queue]) {
			if (this.session(q.session).run) continue;
			const found = this.processFor(q.session);
			if (!found) break;
			this.queue = this.queue.filter((e) => e !== q);
			void this.run(q, found);
		}
		this.tellStatus();
		this.tellLists();
	}

	processFor(session) {
		const own = this.processes.find((p) => p.session === session && p.state === "idle");
		if (own) return { process: own, how: "warm", reason: "Its own process was still warm." };
		const idle = this.processes.find((p) => p.state === "idle");
		if (this.processes.length >= slots && !idle) return undefined;
		if (this.processes.length >= slots) {
			this.processes = this.processes.filter((p) => p !== idle);
			this.decided(
				"evict",
				`Process ${idle.id} had been idle longest and made room; its session goes on from disk.`,
				{ session: idle.session },
			);
		}
		const { workspace, agent, turns } = this.session(session);
		const process = {
			id: this.next++,
			pid: 4000 + this.next,
			agent,
			session,
			workspace,
			state: "idle",
			bytes: 96 * MB,
			since: Date.now(),
			turns: 0,
		};
		this.processes.push(process);
		const resumed = {
			how: "resumed",
			reason: "Its last process was given back; the conversation goes on from disk.",
		};
		return { process, ...(turns > 0 ? resumed : { how: "new", reason: "A slot was free." }) };
	}

	async run(q, { process, how, reason }) {
		const session = this.session(q.session);
		const started = Date.now();
		process.state = "running";
		session.state = "running";
		const run = { promptId: q.promptId, stopped: undefined, question: undefined };
		run.stop = (outcome) => {
			run.stopped ??= outcome;
			run.question?.answer("withdrawn");
		};
		session.run = run;
		this.decided(
			"start_turn",
			`“${q.text.slice(0, 40)}” runs on process ${process.id}: ${reason.toLowerCase()}`,
			{ session: q.session },
		);
		this.append(q.session, { type: "turn_started", promptId: q.promptId, how, process: process.id, reason });
		await answer(this, session, run, process, q.text);
		const end = { costUsd: 0.0184, durationMs: Date.now() - started, inputTokens: 12_400, outputTokens: 640 };
		const outcome = run.stopped ?? "done";
		const why =
			outcome === "requeued" ? { reason: "Its process was stopped; the turn starts again by itself." } : {};
		this.append(q.session, { type: "turn_ended", promptId: q.promptId, outcome, ...end, ...why });
		Object.assign(session, {
			state: "idle",
			run: undefined,
			turns: session.turns + 1,
			costUsd: session.costUsd + end.costUsd,
		});
		Object.assign(process, { state: "idle", since: Date.now(), turns: process.turns + 1, tool: undefined });
		if (outcome === "requeued") this.queue.unshift({ ...q, since: Date.now() });
		this.schedule();
	}

	// What is told.

	append(id, event) {
		const session = this.session(id);
		const whole = { seq: session.events.length + 1, time: now(), ...event };
		session.events.push(whole);
		session.updated = whole.time;
		for (const l of this.listeners)
			if (l.sessions.has(id)) l.send({ type: "events", session: id, events: [whole] });
	}

	delta(id, piece) {
		for (const l of this.listeners) if (l.sessions.has(id)) l.send({ type: "delta", session: id, ...piece });
	}

	decided(kind, reason, about = {}) {
		this.decisions.push({ id: this.next++, time: now(), kind, reason, ...about });
	}

	join(send) {
		const listener = { send, sessions: new Set() };
		this.listeners.add(listener);
		const leave = () => this.listeners.delete(listener);
		leave.receive = (frame) => {
			if (frame.type === "unsubscribe") return listener.sessions.delete(frame.session);
			const session = this.sessions.get(frame.session);
			if (!session)
				return send({ type: "error", detail: "There is no such session.", session: frame.session });
			listener.sessions.add(frame.session);
			send({
				type: "events",
				session: frame.session,
				events: session.events.filter((e) => e.seq > frame.after),
			});
			if (session.run?.partial)
				send({ type: "delta", session: frame.session, ...session.run.partial, offset: 0 });
		};
		send({ type: "status", status: this.status() });
		send({ type: "workspaces", workspaces: this.workspaces() });
		send({ type: "sessions", sessions: this.sessionList() });
		return leave;
	}

	tellStatus() {
		for (const { send } of this.listeners) send({ type: "status", status: this.status() });
	}

	tellLists() {
		for (const { send } of this.listeners) {
			send({ type: "workspaces", workspaces: this.workspaces() });
			send({ type: "sessions", sessions: this.sessionList() });
		}
	}
}
