// Every call to the server, as methods; no other file of the page calls fetch.
import { sentence } from "../state/words";
import type { NewTerminal, Signal, Terminal } from "../terminal/wire";
import type {
	CloneFrom,
	EventPage,
	History,
	Me,
	NewSession,
	PermissionRule,
	Problem,
	PromptAnswer,
	PromptChange,
	SearchResult,
	Session,
	SlashCommand,
	Summary,
	Verdict,
	Workspace,
} from "./wire";

/** An answer that says no, or none at all (status 0). Its message is fit to be shown. */
export class ApiError extends Error {
	readonly status: number;
	/** Seconds after which to try again, when the server says so. */
	readonly retryAfter: number | undefined;

	constructor(problem: Problem, retryAfter?: number) {
		super(spoken(problem.detail || problem.title));
		this.name = "ApiError";
		this.status = problem.status;
		this.retryAfter = retryAfter;
	}
}

/** The server's errors begin small, as parts of longer ones; a path at the beginning of one stays as it is. */
function spoken(text: string): string {
	return /^[a-z]+ /.test(text) ? sentence(text) : text;
}

/** Whether no server of ours has answered: nobody did, or a proxy in front of it. */
export const isAway = (status: number) => status === 0 || status === 502 || status === 504;

let unauthorized = () => {};
let answered = () => {};

/** Sets what happens when the server no longer knows who is asking. */
export function onUnauthorized(handler: () => void): void {
	unauthorized = handler;
}

/** Sets what happens whenever the server has answered anything. */
export function onAnswer(handler: () => void): void {
	answered = handler;
}

const id = encodeURIComponent;

// Calls about files and git are in files/api.ts and review/api.ts, which are loaded when they are needed.
export const api = {
	login: (token: string) => send<void>("POST", "/api/login", { token }),
	logout: () => send<void>("POST", "/api/logout"),
	me: () => send<Me>("GET", "/api/me"),

	/** Makes an empty workspace, or begins to clone one; deleting it ends that. */
	createWorkspace: (name: string, git?: CloneFrom) =>
		send<Workspace>("POST", "/api/workspaces", { name, git }),
	/** Has the desktop's window show the system's own picker; what is picked is opened in it. */
	pick: (what: "folder" | "recording") => send<void>("POST", "/api/window/pick", { what }),
	deleteWorkspace: (name: string) => send<void>("DELETE", `/api/workspaces/${id(name)}`),

	/** A page of sessions, newest activity first: the first, or the one after `last`. */
	sessions: (last?: Session) =>
		send<Session[]>("GET", `/api/sessions${last ? `?before=${id(`${last.updated}_${last.id}`)}` : ""}`),
	session: (session: string) => send<Session>("GET", `/api/sessions/${id(session)}`),
	createSession: (session: NewSession) => send<Session>("POST", "/api/sessions", session),
	renameSession: (session: string, title: string) =>
		send<Session>("PATCH", `/api/sessions/${id(session)}`, { title }),
	pinSession: (session: string, pinned: boolean) =>
		send<Session>("PATCH", `/api/sessions/${id(session)}`, { pinned }),
	/** A new session with the events of this one up to `seq`. */
	forkSession: (session: string, seq: number) =>
		send<Session>("POST", `/api/sessions/${id(session)}/fork`, { seq }),
	/** Where a session's file is to be downloaded from. */
	exportAddress: (session: string) => `/api/sessions/${id(session)}/export`,
	importSession: (workspace: string, file: Blob) =>
		upload<Session>(`/api/sessions/import?workspace=${id(workspace)}`, file),
	summary: (session: string) => send<Summary>("GET", `/api/sessions/${id(session)}/summary`),
	/** Has a model write a summary; it comes as an event. */
	writeSummary: (session: string) => send<PromptAnswer>("POST", `/api/sessions/${id(session)}/summary`),
	search: (query: string, signal: AbortSignal) =>
		send<SearchResult>("GET", `/api/search?limit=30&q=${id(query)}`, undefined, signal),
	deleteSession: (session: string) => send<void>("DELETE", `/api/sessions/${id(session)}`),

	/** The last `limit` events before seq `before`, oldest first. */
	eventsBefore: (session: string, before: number, limit: number) =>
		send<EventPage>("GET", `/api/sessions/${id(session)}/events?before=${before}&limit=${limit}`),

	sendPrompt: (session: string, text: string) =>
		send<PromptAnswer>("POST", `/api/sessions/${id(session)}/prompts`, { text }),
	/** Changes the text of a waiting prompt, or moves it before another one. */
	changePrompt: (session: string, prompt: string, change: PromptChange) =>
		send<void>("PATCH", `/api/sessions/${id(session)}/prompts/${id(prompt)}`, change),
	/** Cancels a prompt that waits, interrupts one that runs. */
	stopPrompt: (session: string, prompt: string) =>
		send<void>("DELETE", `/api/sessions/${id(session)}/prompts/${id(prompt)}`),

	decide: (session: string, request: string, verdict: Verdict) =>
		send<void>("POST", `/api/sessions/${id(session)}/permissions/${id(request)}`, verdict),

	slashCommands: (session: string) => send<SlashCommand[]>("GET", `/api/sessions/${id(session)}/commands`),

	/** Files of a workspace whose path fits what is looked for, best first. */
	paths: (workspace: string, query: string, limit: number) =>
		send<{ paths: string[] }>("GET", `/api/workspaces/${id(workspace)}/paths?q=${id(query)}&limit=${limit}`),

	putFile: (workspace: string, path: string, content: Blob | string, headers?: Record<string, string>) =>
		put(`/api/workspaces/${id(workspace)}/files/${path.split("/").map(id).join("/")}`, content, headers),

	permissions: () => send<PermissionRule[]>("GET", "/api/permissions"),
	forgetPermission: (rule: string) => send<void>("DELETE", `/api/permissions/${id(rule)}`),
	/** What the user has set in the page, on whichever device. */
	preferences: () => send<Record<string, unknown>>("GET", "/api/preferences"),
	setPreferences: (all: Record<string, unknown>) => send<void>("PUT", "/api/preferences", all),

	terminals: () => send<Terminal[]>("GET", "/api/terminals"),
	createTerminal: (terminal: NewTerminal) => send<Terminal>("POST", "/api/terminals", terminal),
	renameTerminal: (terminal: string, title: string) =>
		send<Terminal>("PATCH", `/api/terminals/${id(terminal)}`, { title }),
	/** Ends a terminal, and what runs in it; one that has ended is forgotten. */
	deleteTerminal: (terminal: string) => send<void>("DELETE", `/api/terminals/${id(terminal)}`),
	signalTerminal: (terminal: string, signal: Signal) =>
		send<void>("POST", `/api/terminals/${id(terminal)}/signal`, { signal }),

	/** How memory was used, in steps of two seconds for up to ten minutes, else by the minute. */
	history: (minutes: number) => send<History>("GET", `/api/history?minutes=${minutes}`),

	stopProcess: (pid: number) => send<void>("DELETE", `/api/processes/${pid}`),
};

/** A call with JSON both ways; T is void for an answer without a body. Throws ApiError. */
export async function send<T>(
	method: string,
	path: string,
	body?: unknown,
	signal?: AbortSignal,
): Promise<T> {
	const headers: Record<string, string> = { Accept: "application/json" };
	if (body !== undefined) headers["Content-Type"] = "application/json";
	const init = { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal };
	const response = await request(path, init);
	return response.status === 204 ? (undefined as T) : await json<T>(response);
}

/** Sends a file as it is, and reads the answer. */
async function upload<T>(path: string, body: Blob): Promise<T> {
	const headers = { Accept: "application/json", "Content-Type": "application/x-ndjson" };
	return json<T>(await request(path, { method: "POST", body, headers }));
}

/** Sends a content as it is. */
async function put(path: string, body: Blob | string, headers: Record<string, string> = {}): Promise<void> {
	await request(path, { method: "PUT", body, headers: { Accept: "application/json", ...headers } });
}

/** Any call, for bodies that are not JSON. Throws ApiError unless it worked; what is aborted throws AbortError. */
export async function request(path: string, init: RequestInit): Promise<Response> {
	const response = await exchange(path, init);
	if (response.ok) return response;
	if (response.status === 401 && path !== "/api/login") unauthorized();
	throw new ApiError(await problemOf(response), Number(response.headers.get("Retry-After")) || undefined);
}

async function exchange(path: string, init: RequestInit): Promise<Response> {
	try {
		const response = await fetch(path, init);
		if (!isAway(response.status)) answered();
		return response;
	} catch (e) {
		if (init.signal?.aborted) throw e;
		throw new ApiError(unreachable);
	}
}

/** What is said when no answer came at all. */
export const unreachable: Problem = { title: "The server cannot be reached right now.", status: 0 };

async function json<T>(response: Response): Promise<T> {
	const text = await response.text();
	return (text === "" ? undefined : JSON.parse(text)) as T;
}

async function problemOf(response: Response): Promise<Problem> {
	const unnamed = { title: `The server answered ${response.status}.`, status: response.status };
	if (!response.headers.get("Content-Type")?.includes("json")) return unnamed;
	try {
		return { ...unnamed, ...((await response.json()) as Problem) };
	} catch {
		return unnamed;
	}
}
