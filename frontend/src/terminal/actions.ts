// What a reader does with terminals.
import { api } from "../api/client";
import { firstWorkspace } from "../sessions/actions";
import { narrow } from "../stores/layout.svelte";
import { live } from "../stores/live.svelte";
import { router } from "../stores/route.svelte";
import { ui } from "../stores/ui.svelte";
import { workbench } from "../stores/workbench.svelte";
import type { Terminal } from "./wire";
import { terminalTitle } from "./words";

/** The size a terminal begins with; it takes the page's as soon as it is shown. */
const size = { cols: 100, rows: 30 };

/** Opens a new terminal: in the workspace given, else in that of what is in front of the reader. */
export async function newTerminal(workspace?: string): Promise<void> {
	const terminal = await create(workspace);
	if (terminal) router.go({ at: "terminal", id: terminal.id });
}

/** The same in the tab of a terminal that is gone. */
export async function renew(id: string, workspace?: string): Promise<void> {
	const terminal = await create(workspace);
	if (terminal) workbench.replace(`#/t/${encodeURIComponent(id)}`, { at: "terminal", id: terminal.id });
}

async function create(workspace = hereAbouts()): Promise<Terminal | undefined> {
	// A workspace may be so new that only its session is known yet.
	const made =
		live.workspaces.some((w) => w.name === workspace) || live.sessions.some((s) => s.workspace === workspace);
	if (!made && !(await ui.attempt(api.createWorkspace(workspace)))) return undefined;
	const terminal = await ui.attempt(api.createTerminal({ workspace, ...size }));
	if (terminal) put(terminal);
	return terminal;
}

/** Starts what a terminal ran once more, in the same tab; the old one is forgotten. */
export async function restart({ id, workspace, command, title, cols, rows }: Terminal): Promise<void> {
	const terminal = await ui.attempt(api.createTerminal({ workspace, command, title, cols, rows }));
	if (!terminal) return;
	put(terminal);
	workbench.replace(`#/t/${encodeURIComponent(id)}`, { at: "terminal", id: terminal.id });
	void api.deleteTerminal(id).catch(() => {});
}

/** Its tab was closed: a terminal that runs goes on, and that is told; one that has ended is forgotten. */
export function tabClosed(id: string): void {
	const terminal = live.terminal(id);
	if (terminal?.state === "exited") void api.deleteTerminal(id).catch(() => {});
	else if (terminal)
		ui.tell(`The terminal “${terminalTitle(terminal)}” goes on running. It is listed under All terminals.`, {
			label: "End it",
			run: () => void remove(terminal),
		});
}

/** Asks first when something runs in it. */
export function endTerminal(terminal: Terminal): void {
	if (terminal.state === "exited") return void remove(terminal);
	ui.confirm({
		title: `End the terminal “${terminalTitle(terminal)}”?`,
		text: `Everything that runs in it is stopped. Files in the workspace ${terminal.workspace} stay.`,
		action: "End terminal",
		run: () => remove(terminal),
	});
}

/** Shows the panel with the terminals, opening one when there is none; from inside it, hides it. */
export function togglePanel(): void {
	const { tabs, layout } = workbench;
	if (narrow.current) return router.go({ at: "terminals" });
	if (layout.panel && tabs.groups.panel.tabs.length > 0) return workbench.showPanel(false);
	if (tabs.groups.panel.tabs.length > 0) return workbench.showPanel(true);
	if (live.terminals.length > 0) return router.go({ at: "terminals" });
	void newTerminal();
}

async function remove(terminal: Terminal): Promise<void> {
	await ui.attempt(api.deleteTerminal(terminal.id));
	live.terminals = live.terminals.filter((t) => t.id !== terminal.id);
	workbench.close(`#/t/${encodeURIComponent(terminal.id)}`);
}

/** Takes over what a call has just answered, ahead of the stream. */
function put(terminal: Terminal): void {
	live.terminals = [...live.terminals.filter((t) => t.id !== terminal.id), terminal];
}

function hereAbouts(): string {
	return workbench.workspace || live.place || firstWorkspace;
}

export function askToRename({ id, title }: Terminal): void {
	ui.dialog = {
		is: "rename",
		what: "terminal",
		title,
		rename: (to) => ui.attempt(api.renameTerminal(id, to)),
	};
}
