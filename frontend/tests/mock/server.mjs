// A stand-in for the server that speaks its contract with believable data, so that the page can be worked
// on and tested without it. It also serves the built page, under a policy as strict as the server's.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { sessionRoutes } from "./features.mjs";
import { answerFiles, followFiles } from "./files.mjs";
import { World } from "./world.mjs";

/** The one token that opens the door. */
export const token = "mock";

const built = fileURLToPath(new URL("../../dist", import.meta.url));
const types = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript",
	".css": "text/css",
	".svg": "image/svg+xml",
	".png": "image/png",
	".json": "application/json",
	".woff2": "font/woff2",
};
const policy =
	"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data: blob:; " +
	"font-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

const commands = [
	{ name: "compact", description: "Shorten the conversation", argument: "[what to keep]" },
	{ name: "cost", description: "What the conversation has cost" },
	{ name: "review", description: "Review a change" },
];

const routes = [
	["POST", /^\/api\/login$/, ({ body, response }) => login(body, response)],
	[
		"POST",
		/^\/api\/logout$/,
		({ response }) => void response.setHeader("Set-Cookie", "coder1=; Max-Age=0; Path=/"),
	],
	["GET", /^\/api\/me$/, ({ world }) => world.me()],
	["POST", /^\/api\/window\/pick$/, ({ world, body }) => world.pick(body.what), 202],
	["POST", /^\/api\/workspaces$/, ({ world, body }) => world.addWorkspace(body.name, body.git), 201],
	["DELETE", /^\/api\/workspaces\/([^/]+)$/, ({ world, at }) => world.removeWorkspace(at[1])],
	["GET", /^\/api\/sessions$/, ({ world, query }) => world.sessionPage(query)],
	["GET", /^\/api\/sessions\/([^/]+)$/, ({ world, at }) => world.describe(world.session(at[1]))],
	["POST", /^\/api\/sessions$/, ({ world, body }) => world.addSession(body), 201],
	...sessionRoutes,
	["DELETE", /^\/api\/sessions\/([^/]+)$/, ({ world, at }) => world.removeSession(at[1])],
	["GET", /^\/api\/sessions\/([^/]+)\/events$/, ({ world, at, query }) => world.page(at[1], query)],
	[
		"POST",
		/^\/api\/sessions\/([^/]+)\/prompts$/,
		({ world, at, body }) => world.prompt(at[1], body.text),
		202,
	],
	[
		"PATCH",
		/^\/api\/sessions\/([^/]+)\/prompts\/([^/]+)$/,
		({ world, at, body }) => world.change(at[1], at[2], body),
	],
	["DELETE", /^\/api\/sessions\/([^/]+)\/prompts\/([^/]+)$/, ({ world, at }) => world.stop(at[1], at[2])],
	[
		"POST",
		/^\/api\/sessions\/([^/]+)\/permissions\/([^/]+)$/,
		({ world, at, body }) => world.decide(at[1], at[2], body),
	],
	["GET", /^\/api\/sessions\/([^/]+)\/commands$/, () => commands],
	["GET", /^\/api\/permissions$/, ({ world }) => world.rules],
	["DELETE", /^\/api\/permissions\/([^/]+)$/, ({ world, at }) => world.forgetRule(at[1])],
	["GET", /^\/api\/trace$/, ({ response }) => recording(response)],
	["GET", /^\/api\/preferences$/, ({ world }) => world.preferences],
	["PUT", /^\/api\/preferences$/, ({ world, body }) => world.prefer(body)],
	["GET", /^\/api\/terminals$/, ({ world }) => world.terminals.list()],
	["POST", /^\/api\/terminals$/, ({ world, body }) => world.terminals.add(body), 201],
	[
		"PATCH",
		/^\/api\/terminals\/([^/]+)$/,
		({ world, at, body }) => world.terminals.rename(at[1], body.title),
	],
	["DELETE", /^\/api\/terminals\/([^/]+)$/, ({ world, at }) => world.terminals.remove(at[1])],
	[
		"POST",
		/^\/api\/terminals\/([^/]+)\/signal$/,
		({ world, at, body }) => world.terminals.signal(at[1], body),
	],
	["GET", /^\/api\/history$/, ({ world, query }) => world.past.since(Number(query.get("minutes")))],
	["DELETE", /^\/api\/processes\/([^/]+)$/, ({ world, at }) => world.stopProcess(at[1])],
];

/**
 * Serves a world and the page in `dist`. `cut` breaks live connections and lets none begin; `delay` makes calls
 * whose path matches wait; both until their result is called. `close` ends it all.
 */
export async function serve({ port = 0, seeded = true, pace = 18, dist = built, version, window } = {}) {
	const world = new World({ seeded, pace, version, window });
	let held;
	let broken = false;
	const server = createServer(async (request, response) => {
		const url = new URL(request.url ?? "/", "http://mock");
		if (!url.pathname.startsWith("/api/")) return file(dist, url.pathname, response);
		if (held?.pattern.test(url.pathname)) await held.until;
		await answer(world, request, url, response);
	});
	const sockets = new WebSocketServer({ noServer: true });
	server.on("upgrade", (request, socket, head) => {
		if (broken || !known(request)) return socket.destroy();
		sockets.handleUpgrade(request, socket, head, (ws) => attend(world, ws, request));
	});
	await new Promise((ready) => server.listen(port, "127.0.0.1", ready));
	const cut = () => {
		broken = true;
		for (const ws of sockets.clients) ws.terminate();
		return () => {
			broken = false;
		};
	};
	const delay = (pattern) => {
		let goOn;
		held = { pattern, until: new Promise((resolve) => (goOn = resolve)) };
		return goOn;
	};
	const close = () => {
		world.end();
		cut();
		server.closeAllConnections();
		return new Promise((closed) => server.close(closed));
	};
	return { world, url: `http://127.0.0.1:${server.address().port}`, cut, delay, close };
}

function attend(world, ws, request) {
	const url = new URL(request.url, "http://mock");
	const terminal = /^\/api\/terminals\/([^/]+)\/ws$/.exec(url.pathname)?.[1];
	if (!terminal) return follow(world, ws);
	world.terminals.join(decodeURIComponent(terminal), ws, url.searchParams.get("offset"));
}

function follow(world, ws) {
	const { receive, leave } = world.join((frame) => ws.send(JSON.stringify(frame)));
	ws.on("message", (data) => receive(JSON.parse(String(data))));
	ws.on("close", leave);
	followFiles(world, ws);
}

async function answer(world, request, url, response) {
	try {
		await call(world, request, url, response);
	} catch (problem) {
		send(response, problem.status ?? 500, { title: "Error", detail: String(problem), ...problem });
	}
}

async function call(world, request, url, response) {
	if (url.pathname !== "/api/login" && !known(request)) throw { status: 401, title: "Unauthorized" };
	if (await answerFiles(world, request, url, response)) return;
	for (const [method, pattern, run, status = 200] of routes) {
		const at = url.pathname.match(pattern)?.map(decodeURIComponent);
		if (!at || method !== request.method) continue;
		const result = await run({ world, at, query: url.searchParams, body: await json(request), response });
		if (response.writableEnded) return;
		return send(response, result === undefined ? 204 : status, result);
	}
	throw { status: 404, title: "Not found", detail: "There is no such call." };
}

function login(body, response) {
	if (body.token !== token) throw { status: 401, title: "Unauthorized", detail: "unknown token" };
	response.setHeader("Set-Cookie", `coder1=${token}; HttpOnly; SameSite=Strict; Path=/`);
}

/** A recording of nothing: an empty zstd frame. */
function recording(response) {
	response.writeHead(200, {
		"Content-Type": "application/zstd",
		"Content-Disposition": 'attachment; filename="coder1-20261103T120000Z.trace.zst"',
	});
	response.end(Buffer.from("28b52ffd0000010000", "hex"));
}

function known(request) {
	return request.headers.cookie?.includes(`coder1=${token}`) ?? false;
}

async function json(request) {
	let text = "";
	for await (const piece of request) text += piece;
	if (request.headers["content-type"] === "application/x-ndjson") return text;
	return text === "" ? {} : JSON.parse(text);
}

function send(response, status, body) {
	const type = status >= 400 ? "application/problem+json" : "application/json";
	response.writeHead(status, { "Content-Type": type });
	response.end(body === undefined ? undefined : JSON.stringify(body));
}

function file(dist, path, response) {
	const name = join(dist, normalize(path === "/" ? "/index.html" : path));
	if (!existsSync(name)) return send(response, 404, { title: "Not found", status: 404 });
	const type = types[extname(name)] ?? "application/octet-stream";
	response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": policy });
	createReadStream(name).pipe(response);
}
