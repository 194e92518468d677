// A stand-in for the server that speaks its contract with believable data, to work on the page without it:
// `npm run mock`, then `npm run dev` or http://127.0.0.1:10000 for the built page. Token: "mock".
// MOCK_SEED=empty begins with nothing.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { World } from "./mock-world.mjs";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));
const port = Number(process.env.PORT ?? 10000);
const types = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript",
	".css": "text/css",
	".svg": "image/svg+xml",
	".woff2": "font/woff2",
};
const policy =
	"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

const world = new World(process.env.MOCK_SEED !== "empty");

const routes = [
	["POST", /^\/api\/login$/, ({ body, response }) => login(body, response)],
	["POST", /^\/api\/logout$/, ({ response }) => response.setHeader("Set-Cookie", "coder1=; Max-Age=0")],
	["GET", /^\/api\/me$/, () => world.me()],
	["GET", /^\/api\/workspaces$/, () => ({ workspaces: world.workspaces() })],
	["POST", /^\/api\/workspaces$/, ({ body }) => world.addWorkspace(body.name), 201],
	["DELETE", /^\/api\/workspaces\/([^/]+)$/, ({ at }) => world.removeWorkspace(at[1])],
	["GET", /^\/api\/sessions$/, () => ({ sessions: world.sessionList() })],
	["POST", /^\/api\/sessions$/, ({ body }) => world.addSession(body), 201],
	["PATCH", /^\/api\/sessions\/([^/]+)$/, ({ at, body }) => world.rename(at[1], body.title)],
	["DELETE", /^\/api\/sessions\/([^/]+)$/, ({ at }) => world.removeSession(at[1])],
	["GET", /^\/api\/sessions\/([^/]+)\/events$/, ({ at, query }) => world.page(at[1], query)],
	["POST", /^\/api\/sessions\/([^/]+)\/prompts$/, ({ at, body }) => world.prompt(at[1], body.text), 202],
	[
		"PATCH",
		/^\/api\/sessions\/([^/]+)\/prompts\/([^/]+)$/,
		({ at, body }) => world.change(at[1], at[2], body),
	],
	["DELETE", /^\/api\/sessions\/([^/]+)\/prompts\/([^/]+)$/, ({ at }) => world.stop(at[1], at[2])],
	[
		"POST",
		/^\/api\/sessions\/([^/]+)\/permissions\/([^/]+)$/,
		({ at, body }) => world.decide(at[1], at[2], body),
	],
	["GET", /^\/api\/status$/, () => world.status()],
	["DELETE", /^\/api\/processes\/([^/]+)$/, ({ at }) => world.stopProcess(at[1])],
];

function login({ token }, response) {
	if (token !== "mock") throw { status: 401, title: "Unauthorized", detail: "unknown token" };
	response.setHeader("Set-Cookie", "coder1=mock; HttpOnly; SameSite=Strict; Path=/");
}

const known = (request) => request.headers.cookie?.includes("coder1=mock") ?? false;

const server = createServer(async (request, response) => {
	const url = new URL(request.url ?? "/", "http://mock");
	if (!url.pathname.startsWith("/api/")) return file(url.pathname, response);
	try {
		await call(request, url, response);
	} catch (problem) {
		send(response, problem.status ?? 500, { title: "Error", detail: String(problem), ...problem });
	}
});

async function call(request, url, response) {
	if (url.pathname !== "/api/login" && !known(request)) throw { status: 401, title: "Unauthorized" };
	for (const [method, pattern, run, status = 200] of routes) {
		const at = url.pathname.match(pattern)?.map(decodeURIComponent);
		if (!at || method !== request.method) continue;
		const answer = await run({ at, query: url.searchParams, body: await json(request), response });
		return send(response, answer === undefined ? 204 : status, answer);
	}
	throw { status: 404, title: "Not found" };
}

async function json(request) {
	let text = "";
	for await (const piece of request) text += piece;
	return text === "" ? {} : JSON.parse(text);
}

function send(response, status, body) {
	const type = status >= 400 ? "application/problem+json" : "application/json";
	response.writeHead(status, { "Content-Type": type });
	response.end(body === undefined ? undefined : JSON.stringify(body));
}

function file(path, response) {
	const name = join(dist, normalize(path === "/" ? "/index.html" : path));
	if (!existsSync(name)) return send(response, 404, { title: "Not found", status: 404 });
	response.writeHead(200, {
		"Content-Type": types[extname(name)] ?? "application/octet-stream",
		"Content-Security-Policy": policy,
	});
	createReadStream(name).pipe(response);
}

const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
	if (!known(request)) return socket.destroy();
	sockets.handleUpgrade(request, socket, head, (ws) => {
		const leave = world.join((frame) => ws.send(JSON.stringify(frame)));
		ws.on("message", (data) => leave.receive(JSON.parse(String(data))));
		ws.on("close", leave);
	});
});

server.listen(port, "127.0.0.1", () => {
	process.stdout.write(`mock server: http://127.0.0.1:${port}/#login=mock\n`);
});
