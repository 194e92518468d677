// What the mock server knows: workspaces, sessions and their logs, and whom to tell of a change.
import { Past } from "./past.mjs";
import { seed } from "./seed.mjs";
import { Terminals } from "./terminals.mjs";
import { Turns } from "./turns.mjs";

const now = () => new Date().toISOString();

const cloning = ({ url, branch = "", depth = 0 }) => ({
	state: "cloning",
	progress: { phase: "connecting", percent: 0, detail: "" },
	git: { url: url.replace(/\/\/[^/]*@/, "//"), branch },
	asked: { url, branch, depth },
});

/** How many sessions are listed at once. */
const listed = 20;

export class World {
	/** id -> session with its events */
	sessions = new Map();
	/** The names of the workspaces */
	folders = new Set();
	/** Of these, the ones that were opened in place: name -> { path, error } */
	opened = new Map();
	/** Of these, the ones that are cloned: name -> { state, error, progress, git }; tests say how far they are */
	clones = new Map();
	/** What the desktop's window was asked to pick; undefined without one. */
	picks;
	listeners = new Set();
	next = 1;
	/** Lets answers that hold go on, from now on. */
	release;
	released = new Promise((resolve) => {
		this.release = resolve;
	});

	/** What agents need not ask for any more. */
	rules = [];
	preferences = {};
	/** Whether git is installed. */
	git = true;

	terminals = new Terminals(() => this.tellTerminals());

	constructor({ seeded, pace, version = "0.1.0-mock", window = false }) {
		this.version = version;
		if (window) this.picks = [];
		this.turns = new Turns(this, pace);
		this.past = new Past(this.turns, seeded);
		if (seeded) seed(this);
		this.timer = setInterval(() => {
			this.past.take();
			this.tellStatus();
		}, 1000);
	}

	end() {
		clearInterval(this.timer);
	}

	me() {
		const agents = [
			{ name: "claude", available: true, detail: "Claude Code 2.1 is installed and a key is set." },
			{
				name: "demo",
				available: true,
				detail: "Built in; no model is connected. Lists, reads and writes files and runs commands.",
			},
		];
		return {
			user: "owner",
			agents,
			defaultAgent: "claude",
			git: this.git,
			version: this.version,
			...this.around(),
		};
	}

	/** What the desktop's window adds. */
	around() {
		const window = this.picks !== undefined;
		return { window, openFolders: window };
	}

	pick(what) {
		this.picks.push(what);
	}

	/** Opens a folder in place; with an error it is out of reach. */
	openFolder(name, path, error) {
		this.folders.add(name);
		this.opened.set(name, { path, error });
		this.tellLists();
	}

	workspaceList() {
		const count = (name) => [...this.sessions.values()].filter((s) => s.workspace === name).length;
		return [...this.folders].map((name) => {
			const { path = `/data/${name}`, error } = this.opened.get(name) ?? {};
			const state = error ? "gone" : "ready";
			const whole = { name, path, sessions: count(name), opened: this.opened.has(name), state, error };
			return { ...whole, ...this.clones.get(name) };
		});
	}

	sessionList() {
		const list = [...this.sessions.values()].sort((a, b) => b.updated.localeCompare(a.updated));
		return list.map((session) => this.describe(session));
	}

	/** The latest sessions, as the stream has them. */
	sessionsFrame() {
		const all = this.sessionList();
		return { type: "sessions", sessions: all.slice(0, listed), total: all.length };
	}

	/** A page of the list, as GET /api/sessions has it. */
	sessionPage(query) {
		const all = this.sessionList();
		const after = all.findIndex((s) => `${s.updated}_${s.id}` === query.get("before")) + 1;
		return all.slice(after, after + listed);
	}

	describe({ events, run, writing, ...session }) {
		const queued = this.turns.queue.filter((q) => q.session === session.id).length;
		const state = session.state === "idle" && queued > 0 ? "queued" : session.state;
		return { ...session, state, lastSeq: events.length, queued };
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

	addWorkspace(name, git) {
		if (this.folders.has(name) && !(git && this.clones.get(name)?.state === "failed"))
			throw { status: 409, title: "Conflict", detail: "There is a workspace of this name." };
		this.folders.add(name);
		if (git) this.clones.set(name, cloning(git));
		this.tellLists();
		return this.workspaceList().find((w) => w.name === name);
	}

	/** A clone is further, is done, or has failed. */
	cloneIs(name, change) {
		this.clones.set(name, { ...this.clones.get(name), ...change });
		this.tellLists();
	}

	prefer(all) {
		this.preferences = all;
	}

	removeWorkspace(name) {
		this.folders.delete(name);
		this.clones.delete(name);
		this.tellLists();
	}

	addSession({ workspace, agent = "claude", title = "" }, time = now()) {
		const id = `s${this.next++}`;
		const session = { id, workspace, agent, title, created: time, updated: time };
		this.sessions.set(id, { ...session, state: "idle", pinned: false, turns: 0, costUsd: 0, events: [] });
		this.tellLists();
		return this.describe(this.session(id));
	}

	removeSession(id) {
		this.session(id).run?.stop("interrupted");
		this.turns.queue = this.turns.queue.filter((q) => q.session !== id);
		this.sessions.delete(id);
		this.tellLists();
	}

	prompt(id, text) {
		return this.turns.prompt(id, text);
	}

	change(id, promptId, what) {
		this.turns.change(id, promptId, what);
	}

	stop(id, promptId) {
		this.turns.stop(id, promptId);
	}

	decide(id, requestId, { decision, remember, pattern, message }) {
		const session = this.session(id);
		const { run } = session;
		if (run?.question?.requestId !== requestId)
			throw { status: 409, title: "Conflict", detail: "This was decided already." };
		if (remember)
			this.rules.push({
				id: `rule${this.rules.length}`,
				...(remember === "session" && { session: id }),
				workspace: session.workspace,
				tool: "Bash",
				pattern,
				created: now(),
			});
		const rule =
			remember && `Bash ${pattern || "anything"}, ${remember === "session" ? "in this session" : "always"}`;
		this.append(id, {
			type: "permission_decided",
			promptId: run.promptId,
			requestId,
			decision,
			rule,
			message,
		});
		session.state = "running";
		run.question.answer(decision);
		run.question = undefined;
		this.tellLists();
	}

	forgetRule(id) {
		this.rules = this.rules.filter((rule) => rule.id !== id);
	}

	stopProcess(pid) {
		this.turns.stopProcess(pid);
	}

	append(id, event) {
		const session = this.session(id);
		const whole = { seq: session.events.length + 1, time: now(), ...event };
		session.events.push(whole);
		session.updated = whole.time;
		this.tell(id, { type: "events", session: id, events: [whole] });
	}

	/** Follows everything; `receive` takes the client's frames. */
	join(send) {
		const listener = { send, sessions: new Set() };
		this.listeners.add(listener);
		send(this.statusFrame());
		send({ type: "workspaces", workspaces: this.workspaceList() });
		send(this.sessionsFrame());
		send({ type: "terminals", terminals: this.terminals.list() });
		return {
			receive: (frame) => this.receive(listener, frame),
			leave: () => this.listeners.delete(listener),
		};
	}

	receive({ send, sessions }, { type, session: id, after }) {
		if (type === "unsubscribe") return sessions.delete(id);
		if (type !== "subscribe") return;
		const session = this.sessions.get(id);
		if (!session) return send({ type: "error", detail: "There is no such session.", session: id });
		sessions.add(id);
		send({ type: "events", session: id, events: session.events.filter((e) => e.seq > after) });
		if (session.run?.partial) send({ type: "delta", session: id, ...session.run.partial, offset: 0 });
	}

	tell(id, frame) {
		for (const { send, sessions } of this.listeners) if (sessions.has(id)) send(frame);
	}

	statusFrame() {
		const windowBytes = this.picks ? 215_000_000 : undefined;
		return { type: "status", status: { ...this.turns.status(), windowBytes } };
	}

	tellStatus() {
		for (const { send } of this.listeners) send(this.statusFrame());
	}

	tellTerminals() {
		for (const { send } of this.listeners) send({ type: "terminals", terminals: this.terminals.list() });
	}

	tellLists() {
		for (const { send } of this.listeners) {
			send({ type: "workspaces", workspaces: this.workspaceList() });
			send(this.sessionsFrame());
		}
	}
}
