// Workspaces that are made: what is wrong with their names and addresses, and how far a clone is, in words.
import type { CloneProgress, Workspace } from "../api/wire";

/** A workspace as it is to be made. */
export interface Making {
	way: "empty" | "git";
	name: string;
	address: string;
	/** Or tag; empty for the repository's own choice. */
	branch: string;
	/** Without the history before its newest commit. */
	newest: boolean;
}

/** What is wrong, and with which field; `form` is for what is no field's fault. */
export interface Fault {
	at: "name" | "address" | "branch" | "form";
	text: string;
}

/** An address as it was meant: pasted with the command around it, or without its beginning. */
export function addressOf(text: string): string {
	const address = text.trim().replace(/^git\s+clone\s+/, "");
	return /^[\w-]+(\.[\w-]+)+(:\d+)?\/\S/.test(address) ? `https://${address}` : address;
}

/** What a clone is called unless somebody says otherwise; empty while the address has no path. */
export function nameFrom(address: string): string {
	const path = /^(?:\w+:\/\/[^/]*\/|[^/:\s]+@[^/:\s]+:)([^?#]+)/.exec(addressOf(address))?.[1] ?? "";
	const last =
		path
			.replace(/\/+$/, "")
			.replace(/\.git$/, "")
			.split(/[/:]/)
			.at(-1) ?? "";
	return last
		.replace(/[^A-Za-z0-9._-]+/g, "-")
		.replace(/^[^A-Za-z0-9]+/, "")
		.slice(0, 64);
}

const forms = [
	/^(https|ssh|git):\/\/[^/\s]+\/\S+$/,
	/^file:\/\/\/\S+$/,
	/^[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^-\s:]\S*$/,
];

const workspaceName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The first thing that is wrong with a workspace that is to be made. */
export function faultOf({ way, name, address }: Making, workspaces: readonly Workspace[]): Fault | undefined {
	if (way === "git") {
		const text = addressProblem(addressOf(address));
		if (text) return { at: "address", text };
	}
	// What could not be cloned can be cloned again.
	const taken = workspaces.filter((w) => way === "empty" || w.state !== "failed");
	const text = nameProblem(name.trim(), taken);
	return text ? { at: "name", text } : undefined;
}

function addressProblem(address: string): string {
	if (address === "") return "Give the address of the repository.";
	if (forms.some((form) => form.test(address))) return "";
	return "Give an address such as https://github.com/owner/project or git@github.com:owner/project.";
}

function nameProblem(name: string, workspaces: readonly Workspace[]): string {
	if (name === "") return "Give the workspace a name.";
	if (workspaces.some((w) => w.name === name)) return "There is a workspace of this name already.";
	if (workspaceName.test(name)) return "";
	return "Use up to 64 letters, digits, dots, dashes or underscores, beginning with a letter or digit.";
}

/** Why something could not be cloned, at the field that it is about. */
export function cloneFault(text: string, branch: string): Fault {
	return { at: branch !== "" && text.includes(branch) ? "branch" : "address", text };
}

const phases: Record<string, string> = { waiting: "Waiting for its turn", connecting: "Connecting" };

/** "Receiving 45 % · 450 of 1000, 12.00 MiB". */
export function progressWords({ phase, percent, detail }: CloneProgress): string {
	const words = phases[phase];
	if (words) return `${words}…`;
	const step = `${phase.slice(0, 1).toUpperCase()}${phase.slice(1)} ${percent} %`;
	return detail ? `${step} · ${detail}` : step;
}
