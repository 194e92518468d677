// Calls about a workspace's files.
import { request, send } from "../api/client";
import { escaped } from "./paths";
import type { Level, Paths, Written } from "./wire";

const base = (workspace: string) => `/api/workspaces/${encodeURIComponent(workspace)}`;
const query = (fields: Record<string, string | number>) =>
	new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)]));

/** What must be true of the file for a write: it has this etag, or there is none. */
export type Unless = { etag: string } | "missing" | "anything";

export function conditions(unless: Unless): Record<string, string> {
	if (unless === "anything") return {};
	return unless === "missing" ? { "If-None-Match": "*" } : { "If-Match": unless.etag };
}

export const filesApi = {
	/** One level of a folder; "" is the workspace itself. */
	level: (workspace: string, path: string) =>
		send<Level>("GET", `${base(workspace)}/tree?${query({ path })}`),

	/** The address of a file's bytes. */
	address: (workspace: string, path: string) => `${base(workspace)}/files/${escaped(path)}`,
	read: (workspace: string, path: string, signal?: AbortSignal) =>
		request(filesApi.address(workspace, path), { signal }),
	/** The etag a file has now. */
	etag: async (workspace: string, path: string) => {
		const answer = await request(filesApi.address(workspace, path), { method: "HEAD" });
		return answer.headers.get("ETag") ?? "";
	},
	write: async (workspace: string, path: string, body: BodyInit, unless: Unless) => {
		const headers = { "Content-Type": "application/octet-stream", ...conditions(unless) };
		const answer = await request(filesApi.address(workspace, path), { method: "PUT", headers, body });
		const written = (await answer.json()) as Written;
		return { ...written, etag: answer.headers.get("ETag") ?? written.etag };
	},
	/** A file, or a folder with all that is in it. */
	remove: (workspace: string, path: string) => send<void>("DELETE", filesApi.address(workspace, path)),
	createFolder: (workspace: string, path: string) =>
		send<unknown>("POST", `${base(workspace)}/folders`, { path }),
	move: (workspace: string, from: string, to: string, overwrite = false) =>
		send<{ path: string }>("POST", `${base(workspace)}/move`, { from, to, overwrite }),
	/** Paths that a few letters stand for, best first. */
	find: (workspace: string, q: string, limit: number) =>
		send<Paths>("GET", `${base(workspace)}/paths?${query({ q, limit })}`),

	downloadAddress: (workspace: string, path: string) => `${filesApi.address(workspace, path)}?download=1`,
	/** A folder, or the whole workspace, as a zip. */
	exportAddress: (workspace: string, path = "") =>
		`${base(workspace)}/export${path === "" ? "" : `?${query({ path })}`}`,
	importAddress: (workspace: string, overwrite: boolean) =>
		`${base(workspace)}/import${overwrite ? "?overwrite=true" : ""}`,
	searchAddress: (workspace: string, fields: Record<string, string | number>) =>
		`${base(workspace)}/search?${query(fields)}`,
};
