// The mock server's files: an in-memory file system for each workspace, its endpoints, and the watching.
import { createHash } from "node:crypto";
import { answerGit, Git } from "./git.mjs";
import { sampleFiles } from "./sample.mjs";

const worlds = new WeakMap();

/** The files of a mock world. */
export function filesOf(world) {
	if (!worlds.has(world)) worlds.set(world, new Files());
	return worlds.get(world);
}

export class Files {
	/** workspace -> Disk */
	disks = new Map();
	/** Those who watch: { workspaces, send } */
	watchers = new Set();

	disk(workspace) {
		if (!this.disks.has(workspace))
			this.disks.set(workspace, new Disk((changes, resync) => this.tell(workspace, changes, resync)));
		return this.disks.get(workspace);
	}

	tell(workspace, changes, resync = false) {
		for (const { workspaces, send } of this.watchers)
			if (workspaces.has(workspace)) send({ type: "files", workspace, changes, resync });
	}
}

/** A workspace's files: path -> { bytes, modified } with null bytes for folders. */
class Disk {
	entries = new Map();
	git;

	constructor(tell) {
		this.tell = tell;
		for (const [path, content] of sampleFiles()) this.put(path, content);
		this.git = new Git(this);
		this.git.commitAll("The shop as it was");
	}

	put(path, content) {
		for (const folder of foldersAbove(path))
			if (!this.entries.has(folder)) this.entries.set(folder, { bytes: null, modified: stamp() });
		this.entries.set(path, { bytes: Buffer.from(content), modified: stamp() });
	}

	/** Writes as a program in the workspace would, and tells those who watch. */
	write(path, content) {
		const kind = this.entries.has(path) ? "changed" : "created";
		this.put(path, content);
		this.tell([{ path, kind }]);
	}

	remove(path) {
		for (const entry of this.entries.keys()) if (within(entry, path)) this.entries.delete(entry);
		this.tell([{ path, kind: "removed" }]);
	}

	makeFolder(path) {
		for (const folder of [...foldersAbove(path), path])
			if (!this.entries.has(folder)) this.entries.set(folder, { bytes: null, modified: stamp() });
		this.tell([{ path, kind: "created" }]);
	}

	move(from, to) {
		for (const [path, entry] of [...this.entries]) {
			if (!within(path, from)) continue;
			this.entries.delete(path);
			this.entries.set(to + path.slice(from.length), entry);
		}
		for (const folder of foldersAbove(to))
			if (!this.entries.has(folder)) this.entries.set(folder, { bytes: null, modified: stamp() });
		this.tell([
			{ path: from, kind: "removed" },
			{ path: to, kind: "created" },
		]);
	}

	text(path) {
		return this.entries.get(path)?.bytes?.toString("utf8");
	}

	files() {
		return [...this.entries].filter(([, { bytes }]) => bytes !== null);
	}

	level(path) {
		if (path !== "" && this.entries.get(path)?.bytes !== null) throw missing(path);
		const marks = this.git.marks();
		const entries = [...this.entries]
			.filter(([name]) => parentOf(name) === path)
			.map(([name, { bytes, modified }]) => ({
				name: name.slice(path === "" ? 0 : path.length + 1),
				path: name,
				kind: bytes === null ? "dir" : "file",
				size: bytes?.length ?? 0,
				modified,
				git: marks.get(name),
			}));
		entries.sort((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name));
		return { path, entries, truncated: false, branch: this.git.repository ? "main" : undefined };
	}

	file(path) {
		const entry = this.entries.get(path);
		if (!entry?.bytes) throw missing(path);
		return { ...entry, etag: etagOf(entry.bytes) };
	}
}

const stamp = () => new Date().toISOString();
const parentOf = (path) => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const within = (path, folder) => path === folder || path.startsWith(`${folder}/`);
const missing = (path) => ({ status: 404, title: "Not found", detail: `There is no file ${path}.` });

function foldersAbove(path) {
	const parts = path.split("/").slice(0, -1);
	return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

function etagOf(bytes) {
	return `"${createHash("sha1").update(bytes).digest("hex").slice(0, 16)}"`;
}

/** Watches for the client of a socket, as long as that is open. */
export function followFiles(world, socket) {
	const { watchers } = filesOf(world);
	const watcher = { workspaces: new Set(), send: (frame) => socket.send(JSON.stringify(frame)) };
	watchers.add(watcher);
	socket.on("close", () => watchers.delete(watcher));
	socket.on("message", (data) => {
		const { type, workspace } = JSON.parse(String(data));
		if (type === "watch") {
			watcher.workspaces.add(workspace);
			watcher.send({ type: "files", workspace, changes: [], resync: true });
		}
		if (type === "unwatch") watcher.workspaces.delete(workspace);
	});
}

/** Answers a call about files or git; false for any other. */
export async function answerFiles(world, request, url, response) {
	const [, name, place, rest] = /^\/api\/workspaces\/([^/]+)\/([a-z]+)(?:\/(.*))?$/.exec(url.pathname) ?? [];
	if (!name) return false;
	const disk = filesOf(world).disk(decodeURIComponent(name));
	const path = (rest ?? "").split("/").map(decodeURIComponent).join("/");
	const call = { disk, request, response, path, query: url.searchParams };
	const run = calls[`${request.method} ${place}`];
	if (run) await run(call);
	else if (!(await answerGit(call, place, sendJson, bodyOf))) return false;
	return true;
}

const calls = {
	"GET tree": ({ disk, query, response }) => sendJson(response, 200, disk.level(query.get("path") ?? "")),
	"GET files": (call) => sendFile(call),
	"HEAD files": (call) => sendFile(call),
	"PUT files": putFile,
	"DELETE files": ({ disk, path, response }) => {
		if (!disk.entries.has(path)) throw missing(path);
		disk.remove(path);
		response.writeHead(204).end();
	},
	"POST folders": async ({ disk, request, response }) => {
		const { path } = await bodyOf(request);
		if (disk.entries.has(path)) throw taken(path);
		disk.makeFolder(path);
		sendJson(response, 201, { path });
	},
	"POST move": async ({ disk, request, response }) => {
		const { from, to, overwrite } = await bodyOf(request);
		if (!disk.entries.has(from)) throw missing(from);
		if (disk.entries.has(to) && !overwrite) throw taken(to);
		disk.move(from, to);
		sendJson(response, 200, { path: to });
	},
	"GET paths": ({ disk, query, response }) => {
		const letters = [...(query.get("q") ?? "").toLowerCase()];
		const limit = Number(query.get("limit") ?? 50);
		const hits = disk.files().filter(([path]) => subsequence(letters, path.toLowerCase()));
		const paths = hits.map(([path]) => path).sort((a, b) => a.length - b.length);
		sendJson(response, 200, { paths: paths.slice(0, limit), truncated: paths.length > limit });
	},
	"GET search": search,
	"GET export": ({ query, response }) => {
		response.writeHead(200, { "Content-Type": "application/zip", "Content-Disposition": "attachment" });
		response.end(`a zip of ${query.get("path") ?? "everything"}`);
	},
	"POST import": async ({ disk, request, response, query }) => {
		const bytes = await bytesOf(request);
		if (!bytes.subarray(0, 2).equals(Buffer.from("PK")))
			throw { status: 400, title: "Bad request", detail: "This is not a zip file." };
		const path = "imported/readme.txt";
		if (disk.entries.has(path) && !query.has("overwrite")) throw taken(path);
		disk.write(path, "from a zip\n");
		sendJson(response, 200, { files: 1, bytes: 11, links: 2, leftOut: ["a", "b"] });
	},
};

const taken = (path) => ({
	status: 409,
	title: "Conflict",
	detail: `There is something at ${path} already.`,
});

function subsequence(letters, path) {
	let rest = path;
	return letters.every((letter) => {
		const at = rest.indexOf(letter);
		rest = rest.slice(at + 1);
		return at >= 0;
	});
}

const kinds = { png: "image/png", svg: "image/svg+xml", txt: "text/plain; charset=utf-8" };

function sendFile({ disk, path, request, response, query }) {
	const { bytes, modified, etag } = disk.file(path);
	const headers = {
		"Content-Type": kinds[path.split(".").at(-1)] ?? "application/octet-stream",
		"Content-Length": bytes.length,
		"Cache-Control": "no-cache",
		"Last-Modified": new Date(modified).toUTCString(),
		ETag: etag,
	};
	if (query.has("download")) headers["Content-Disposition"] = "attachment";
	response.writeHead(200, headers);
	response.end(request.method === "HEAD" ? undefined : bytes);
}

async function putFile({ disk, path, request, response }) {
	const bytes = await bytesOf(request);
	const before = disk.entries.get(path)?.bytes;
	const etag = before ? etagOf(before) : undefined;
	const wanted = request.headers["if-match"];
	if ((wanted && wanted !== etag) || (request.headers["if-none-match"] === "*" && before)) {
		if (etag) response.setHeader("ETag", etag);
		throw { status: 412, title: "Precondition failed", detail: `${path} is not what it was.` };
	}
	disk.write(path, bytes);
	sendJson(response, before ? 200 : 201, {
		path,
		size: bytes.length,
		modified: stamp(),
		etag: etagOf(bytes),
	});
}

function search({ disk, query, response }) {
	const pattern = patternOf(query);
	const [include, exclude] = [globOf(query.get("include")), globOf(query.get("exclude"))];
	const limit = Number(query.get("limit") ?? 1000);
	response.writeHead(200, { "Content-Type": "application/x-ndjson" });
	const end = { done: true, matches: 0, files: 0, truncated: false, engine: "builtin" };
	for (const [path, { bytes }] of disk.files()) {
		if ((include && !include.test(path)) || exclude?.test(path) || bytes.includes(0)) continue;
		const before = end.matches;
		for (const [i, text] of bytes.toString("utf8").split("\n").entries()) {
			const ranges = [...text.matchAll(pattern)].map((m) => [m.index, m.index + m[0].length]);
			if (ranges.length === 0) continue;
			if (end.matches >= limit) {
				end.truncated = true;
				break;
			}
			response.write(`${JSON.stringify({ path, line: i + 1, column: ranges[0][0] + 1, text, ranges })}\n`);
			end.matches += ranges.length;
		}
		if (end.matches > before) end.files++;
	}
	response.end(`${JSON.stringify(end)}\n`);
}

function patternOf(query) {
	const on = (name) => query.get(name) === "true";
	const source = on("regex") ? query.get("q") : query.get("q").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
	try {
		return new RegExp(on("word") ? `\\b(?:${source})\\b` : source, on("case") ? "g" : "gi");
	} catch (e) {
		throw { status: 400, title: "Bad request", detail: `This expression cannot be read: ${e.message}` };
	}
}

function globOf(globs) {
	if (!globs) return undefined;
	const one = (glob) =>
		glob
			.trim()
			.replace(/[.+^${}()|[\]\\]/g, "\\$&")
			.replaceAll("*", ".*");
	return new RegExp(`(?:^|/)(?:${globs.split(",").map(one).join("|")})(?:$|/)`);
}

async function bytesOf(request) {
	const pieces = [];
	for await (const piece of request) pieces.push(piece);
	return Buffer.concat(pieces);
}

async function bodyOf(request) {
	const bytes = await bytesOf(request);
	return bytes.length === 0 ? {} : JSON.parse(bytes.toString("utf8"));
}

function sendJson(response, status, body) {
	response.writeHead(status, { "Content-Type": "application/json" });
	response.end(JSON.stringify(body));
}
