// Puts a tool call into a line and into full detail. It goes by the fields of the input rather than by
// tool names, so that tools of any agent are described.
import { visible } from "./text";

export type ToolSort = "command" | "file" | "edit" | "search" | "web" | "other";

export interface ToolSummary {
	sort: ToolSort;
	/** One line: the command, the path, what is searched for. */
	line: string;
}

export interface ToolDetail {
	label: string;
	text: string;
	tone?: "removed" | "added";
}

type Fields = Record<string, unknown>;

const sorts: [key: string, sort: ToolSort][] = [
	["command", "command"],
	["content", "edit"],
	["new_string", "edit"],
	["edits", "edit"],
	["pattern", "search"],
	["query", "search"],
	["url", "web"],
	["file_path", "file"],
	["path", "file"],
];
const subjects = ["command", "file_path", "notebook_path", "pattern", "query", "url", "path", "description"];

const labels: Record<string, string> = {
	command: "Command",
	description: "What for",
	file_path: "File",
	path: "Path",
	content: "Content",
	old_string: "Replace",
	new_string: "With",
	pattern: "Pattern",
	url: "Address",
	query: "Query",
};
const order = Object.keys(labels);

/** What a tool call is about, in one line. Paths in the session's `folder` are told from there. */
export function summarise(input: unknown, folder: string): ToolSummary {
	const fields = fieldsOf(input);
	const sort = sorts.find(([key]) => key in fields)?.[1] ?? "other";
	const key = [...subjects, ...Object.keys(fields)].find((key) => isText(fields[key])) ?? "";
	const subject = key === "" ? figures(fields) : String(fields[key]).trim();
	const line = key.endsWith("path") ? inside(folder, subject) : subject;
	return { sort, line: visible(line).replace(/\s*\n\s*/g, " ⏎ ") };
}

/** What stands in for a subject where no field is a text: "megabytes 100, seconds 10". */
function figures(fields: Fields): string {
	const plain = Object.entries(fields).filter(([, value]) => typeof value !== "object");
	return plain.map(([name, value]) => `${name} ${value}`).join(", ");
}

function inside(folder: string, path: string): string {
	return path === folder ? "this workspace" : inTheFolder(folder, path);
}

/** Everything a tool call asks for. No field is left out, whatever its name. */
export function details(input: unknown): ToolDetail[] {
	if (input === undefined || input === null) return [];
	if (typeof input !== "object" || Array.isArray(input)) return [{ label: "Input", text: show(input) }];
	const fields = fieldsOf(input);
	const keys = Object.keys(fields).sort((a, b) => rank(a) - rank(b));
	return keys.map((key) => ({ label: labels[key] ?? key, text: show(fields[key]), tone: tone(key) }));
}

export interface Proposal {
	/** As the server wants it: a text, or the beginning of one followed by *. Empty for every use. */
	pattern: string;
	words: string;
}

const onWhat = ["command", "file_path", "notebook_path", "path", "url"];

/** What a person may allow for good who is asked for this use of a tool, the narrowest first. */
export function proposals(tool: string, input: unknown, folder: string): Proposal[] {
	const fields = fieldsOf(input);
	const key = onWhat.find((name) => isText(fields[name]));
	const every = { pattern: "", words: `every use of ${visible(tool)}` };
	if (key === undefined) return [every];
	const subject = inTheFolder(folder, String(fields[key]));
	const starts = key === "command" ? beginnings(subject) : above(subject);
	return [
		{ pattern: subject, words: `exactly ${visible(subject)}` },
		...starts.map((start) => ({
			pattern: `${start}*`,
			words: `whatever begins with ${visible(start.trim())}`,
		})),
		every,
	];
}

// A command that chains others has no beginning that would say what the rest may do.
function beginnings(command: string): string[] {
	if (/[\n\r;&|<>`$()\\]/.test(command)) return [];
	const words = command.split(" ");
	return [2, 1].filter((n) => words.length > n).map((n) => `${words.slice(0, n).join(" ")} `);
}

function above(path: string): string[] {
	const end = path.lastIndexOf("/");
	return end > 0 && !path.endsWith("://") ? [path.slice(0, end + 1)] : [];
}

function inTheFolder(folder: string, path: string): string {
	return folder !== "" && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
}

function fieldsOf(input: unknown): Fields {
	return typeof input === "object" && input !== null ? (input as Fields) : {};
}

function isText(value: unknown): value is string {
	return typeof value === "string" && value !== "";
}

function show(value: unknown): string {
	return visible(typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? String(value)));
}

function rank(key: string): number {
	const at = order.indexOf(key);
	return at < 0 ? order.length : at;
}

function tone(key: string): ToolDetail["tone"] {
	if (key === "old_string") return "removed";
	return key === "new_string" ? "added" : undefined;
}
