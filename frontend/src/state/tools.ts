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

/** What a tool call is about, in one line. */
export function summarise(input: unknown): ToolSummary {
	const fields = fieldsOf(input);
	const sort = sorts.find(([key]) => key in fields)?.[1] ?? "other";
	const subject = subjects.map((key) => fields[key]).find(isText) ?? Object.values(fields).find(isText) ?? "";
	return { sort, line: visible(subject.trim()).replace(/\s*\n\s*/g, " ⏎ ") };
}

/** Everything a tool call asks for. No field is left out, whatever its name. */
export function details(input: unknown): ToolDetail[] {
	if (input === undefined || input === null) return [];
	if (typeof input !== "object" || Array.isArray(input)) return [{ label: "Input", text: show(input) }];
	const fields = fieldsOf(input);
	const keys = Object.keys(fields).sort((a, b) => rank(a) - rank(b));
	return keys.map((key) => ({ label: labels[key] ?? key, text: show(fields[key]), tone: tone(key) }));
}

/** What "always" would allow, in words; an agent's own terms where they are not known. */
export function suggestionWords(suggestions: readonly unknown[]): string {
	const rules = suggestions.flatMap((s) =>
		Array.isArray(fieldsOf(s).rules) ? (fieldsOf(s).rules as unknown[]) : [s],
	);
	return rules.map(ruleWords).join(", ");
}

function ruleWords(rule: unknown): string {
	const { toolName, ruleContent, mode } = fieldsOf(rule);
	if (isText(toolName))
		return visible(isText(ruleContent) ? `${toolName}: ${ruleContent}` : `every ${toolName}`);
	return isText(mode) ? `mode ${visible(mode)}` : show(rule);
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
