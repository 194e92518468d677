// Summaries, forks, export and import, search, pins: what the mock server does with whole sessions.

export const sessionRoutes = [
	["PATCH", /^\/api\/sessions\/([^/]+)$/, ({ world, at, body }) => change(world, at[1], body)],
	["GET", /^\/api\/sessions\/([^/]+)\/summary$/, ({ world, at }) => summary(world.session(at[1]))],
	["POST", /^\/api\/sessions\/([^/]+)\/summary$/, ({ world, at }) => write(world, world.session(at[1])), 202],
	["POST", /^\/api\/sessions\/([^/]+)\/fork$/, ({ world, at, body }) => fork(world, at[1], body.seq), 201],
	[
		"GET",
		/^\/api\/sessions\/([^/]+)\/export$/,
		({ world, at, response }) => download(world, at[1], response),
	],
	[
		"POST",
		/^\/api\/sessions\/import$/,
		({ world, query, body }) => load(world, query.get("workspace"), body),
		201,
	],
	["GET", /^\/api\/search$/, ({ world, query }) => search(world, query.get("q"))],
];

function change(world, id, { title, pinned }) {
	const session = world.session(id);
	if (title !== undefined) session.title = title;
	if (pinned !== undefined) session.pinned = pinned;
	world.tellLists();
	return world.describe(session);
}

function summary({ events, state, turns, costUsd, writing }) {
	const of = (type) => events.filter((e) => e.type === type);
	const calls = (name) => of("tool_call").filter((e) => e.name === name);
	const tokens = { input: 18_240 * turns, output: 912 * turns, cacheRead: 0, cacheWrite: 0 };
	const written = of("summary").at(-1);
	return {
		asked: of("prompt").map(({ promptId, text, time }) => ({ promptId, text, time, outcome: "done" })),
		files: [...new Set(calls("Edit").map((e) => e.input.file_path))].map((path) => ({
			path,
			how: "edited",
			times: calls("Edit").length,
		})),
		commands: [...new Set(calls("Bash").map((e) => e.input.command))].map((command) => ({
			command,
			ok: false,
			times: 1,
		})),
		costUsd,
		tokens,
		seconds: 14.2 * turns,
		turns,
		state,
		last: state === "idle" ? `finished: ${of("message").at(-1)?.text ?? "nothing yet"}` : "is working",
		text: "",
		model: written && { text: written.text, time: written.time },
		modelWriting: writing ? "running" : undefined,
	};
}

function write(world, session) {
	if (world.short) {
		const detail = "summaries by the model are not offered while memory is short";
		throw { status: 409, title: "Conflict", detail };
	}
	session.writing = true;
	world.tellLists();
	void world.released.then(() => {
		session.writing = false;
		const text = "The total was **off by a cent**; it is right now.";
		world.append(session.id, { type: "summary", text, costUsd: 0.01 });
		world.tellLists();
	});
	return { promptId: `p${world.next++}`, status: "running", position: 0, message: "Running" };
}

function fork(world, id, seq) {
	const { workspace, agent, title, events } = world.session(id);
	const made = world.addSession({ workspace, agent, title: `${title} (fork)` });
	for (const event of events.slice(0, seq)) world.append(made.id, event);
	world.append(made.id, {
		type: "notice",
		level: "info",
		text: `This is a fork of “${title}” at event ${seq}.`,
	});
	world.tellLists();
	return world.describe(world.session(made.id));
}

function download(world, id, response) {
	const { events, ...session } = world.session(id);
	const lines = [{ coder1Export: 1, session }, ...events].map((line) => `${JSON.stringify(line)}\n`);
	response.writeHead(200, {
		"Content-Type": "application/x-ndjson",
		"Content-Disposition": `attachment; filename="session-${id}.jsonl"`,
	});
	response.end(lines.join(""));
}

function load(world, workspace, file) {
	const lines = String(file).trim().split("\n");
	const head = parse(lines[0], 1);
	if (head.coder1Export !== 1)
		throw { status: 422, title: "Unprocessable", detail: "line 1: it is not an exported session" };
	const events = lines.slice(1).map((line, i) => parse(line, i + 2));
	const made = world.addSession({ workspace, title: head.session.title });
	for (const event of events) world.append(made.id, event);
	world.tellLists();
	return world.describe(world.session(made.id));
}

function parse(line, number) {
	try {
		return JSON.parse(line);
	} catch {
		throw { status: 422, title: "Unprocessable", detail: `line ${number}: it is not JSON` };
	}
}

function search(world, query) {
	const hits = [];
	for (const { id, title, events } of world.sessions.values()) {
		for (const { seq, time, type, text = "" } of events) {
			const from = text.toLowerCase().indexOf(query.toLowerCase());
			if (from < 0) continue;
			hits.push({
				session: id,
				title,
				seq,
				time,
				type,
				snippet: text,
				ranges: [[from, from + query.length]],
			});
		}
	}
	return { hits: hits.slice(0, 30), truncated: hits.length > 30, searchedBytes: 1 };
}
