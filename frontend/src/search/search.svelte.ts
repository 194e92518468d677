// A search in a workspace's files: what it found so far, and replacing it.
import { ApiError, request } from "../api/client";
import { documents } from "../editor/documents.svelte";
import { decode, encode, saveProblem } from "../editor/text";
import { filesApi } from "../files/api";
import { account } from "../stores/account.svelte";
import { readLines } from "./ndjson";
import { type Query, replaceIn } from "./replace";
import type { Match, SearchEnd, SearchLine } from "./wire";

/** More are not asked for; the reader is told to narrow the search. */
export const maxMatches = 1000;

export interface FileMatches {
	path: string;
	matches: Match[];
	count: number;
}

export interface Outcome {
	replaced: number;
	files: number;
	/** Files that were left as they are, and why. */
	skipped: { path: string; why: string }[];
}

export class Search {
	readonly workspace: string;
	state = $state<"idle" | "running" | "done" | "stopped" | "failed">("idle");
	problem = $state("");
	files = $state.raw<FileMatches[]>([]);
	end = $state.raw<SearchEnd>();
	/** What was searched for, which is what is replaced. */
	query = $state.raw<Query>();
	replacing = $state(false);
	outcome = $state.raw<Outcome>();
	private stop = new AbortController();

	constructor(workspace: string) {
		this.workspace = workspace;
	}

	/** No $derived: that would end with the pane that was the first to show this search. */
	get matches(): number {
		return this.files.reduce((sum, { count }) => sum + count, 0);
	}

	/** Searches, in place of what was being searched. */
	async run(query: Query): Promise<void> {
		this.stop.abort();
		const stop = new AbortController();
		this.stop = stop;
		Object.assign(this, {
			state: "running",
			problem: "",
			files: [],
			end: undefined,
			query,
			outcome: undefined,
		});
		const found = new Map<string, FileMatches>();
		const address = filesApi.searchAddress(this.workspace, fieldsOf(query));
		try {
			const answer = await request(address, { signal: stop.signal });
			if (answer.body) await readLines<SearchLine>(answer.body, (lines) => this.take(found, lines));
			if (!stop.signal.aborted) this.state = "done";
		} catch (e) {
			if (stop.signal.aborted) return;
			this.state = "failed";
			this.problem = e instanceof ApiError ? e.message : "The search ended too early.";
		}
	}

	/** Stops searching; what was found stays. */
	cancel(): void {
		this.stop.abort();
		if (this.state === "running") this.state = "stopped";
	}

	clear(): void {
		this.cancel();
		Object.assign(this, { state: "idle", files: [], end: undefined, query: undefined, outcome: undefined });
	}

	/** Replaces matches, a file after the other; each is written only if it is still what was read. */
	async replace(chosen: readonly { path: string; matches: readonly Match[] }[], by: string): Promise<void> {
		const { query } = this;
		if (!query || this.replacing) return;
		this.replacing = true;
		const outcome: Outcome = { replaced: 0, files: 0, skipped: [] };
		for (const { path, matches } of chosen) {
			try {
				outcome.replaced += await this.replaceFile(path, matches, query, by);
				outcome.files++;
				this.forget(path, matches);
			} catch (e) {
				const why = e instanceof Error ? e.message : "It could not be written.";
				outcome.skipped.push({ path, why });
			}
		}
		this.outcome = outcome;
		this.replacing = false;
	}

	private async replaceFile(
		path: string,
		matches: readonly Match[],
		query: Query,
		by: string,
	): Promise<number> {
		if (documents.isDirty(this.workspace, path))
			throw new Error("It is open with changes that are not saved.");
		const answer = await filesApi.read(this.workspace, path);
		const etag = answer.headers.get("ETag") ?? "";
		const read = decode(new Uint8Array(await answer.arrayBuffer()));
		const problem = read ? saveProblem("", read) : "It is no text.";
		if (!read || problem) throw new Error(problem);
		const { text, count, lost } = replaceIn(read.text, matches, query, by);
		if (lost > 0) throw new Error("It has changed since the search. Search again.");
		try {
			await filesApi.write(this.workspace, path, encode(text, read), { etag });
		} catch (e) {
			if (e instanceof ApiError && e.status === 412)
				throw new Error("It has just been changed. Search again.");
			throw e;
		}
		return count;
	}

	/** Takes replaced matches off the list. */
	private forget(path: string, matches: readonly Match[]): void {
		this.files = this.files.flatMap((file) => {
			if (file.path !== path) return [file];
			const left = file.matches.filter((match) => !matches.includes(match));
			return left.length === 0 ? [] : [{ path, matches: left, count: countOf(left) }];
		});
	}

	private take(found: Map<string, FileMatches>, lines: SearchLine[]): void {
		for (const line of lines) {
			if ("done" in line) this.end = line;
			else {
				const before = found.get(line.path)?.matches ?? [];
				const matches = [...before, line];
				found.set(line.path, { path: line.path, matches, count: countOf(matches) });
			}
		}
		this.files = [...found.values()];
	}
}

function countOf(matches: readonly Match[]): number {
	return matches.reduce((sum, { ranges }) => sum + ranges.length, 0);
}

function fieldsOf(query: Query): Record<string, string | number> {
	const fields: Record<string, string | number> = { q: query.text, limit: maxMatches };
	for (const name of ["regex", "case", "word"] as const) if (query[name]) fields[name] = "true";
	for (const name of ["include", "exclude"] as const)
		if (query[name].trim()) fields[name] = query[name].trim();
	return fields;
}

const kept = 4;
const searches = new Map<string, Search>();

/** The search of a workspace; the last few keep what they found. */
export function searchOf(workspace: string): Search {
	const key = `${account.me?.user}/${workspace}`;
	const search = searches.get(key) ?? new Search(workspace);
	searches.delete(key);
	searches.set(key, search);
	for (const old of searches.keys()) {
		if (searches.size <= kept) break;
		searches.delete(old);
	}
	return search;
}
