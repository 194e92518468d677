// What a reader does with sessions and workspaces.
import { api } from "../api/client";
import type { CloneFrom, Session, Workspace } from "../api/wire";
import { formatRoute } from "../state/route";
import { titleOf } from "../state/sessions";
import { keepDraft } from "../stores/drafts";
import { live } from "../stores/live.svelte";
import { router } from "../stores/route.svelte";
import { ui } from "../stores/ui.svelte";
import { workbench } from "../stores/workbench.svelte";

export const firstWorkspace = "home";

interface Start {
	workspace: string;
	agent?: string;
	title?: string;
}

/** Opens a new session, in a workspace that is made if there is none of this name. Throws ApiError. */
export async function startSession({ workspace, agent, title }: Start): Promise<void> {
	if (!live.workspace(workspace)) await api.createWorkspace(workspace);
	const session = await api.createSession({ workspace, agent, title: title || undefined });
	live.put(session);
	router.go({ at: "session", id: session.id });
}

/** Begins to clone a workspace; `live` tells how far it is. Throws ApiError. */
export async function cloneWorkspace(name: string, from: CloneFrom): Promise<void> {
	const before = live.workspace(name);
	const made = await api.createWorkspace(name, from);
	// Unless the stream, which knows more, was faster.
	if (live.workspace(name) === before)
		live.workspaces = [...live.workspaces.filter((w) => w !== before), made];
}

export function askToRename({ id, title }: Session): void {
	const rename = async (to: string) => {
		const renamed = await ui.attempt(api.renameSession(id, to));
		if (renamed) live.replace(renamed);
	};
	ui.dialog = { is: "rename", what: "session", title, rename };
}

export function askToDelete(session: Session): void {
	const running = session.state === "running" || session.state === "waiting";
	ui.confirm({
		title: `Delete “${titleOf(session)}”?`,
		text:
			`${running ? "Its turn is stopped first. " : ""}The conversation is deleted for good. ` +
			`Files in the workspace ${session.workspace} stay.`,
		action: "Delete session",
		run: async () => {
			await api.deleteSession(session.id);
			keepDraft(session.id, "");
			live.forget(session.id);
			workbench.close(formatRoute({ at: "session", id: session.id }));
		},
	});
}

/** Has the desktop's window show the system's own picker. */
export function openFolder(): void {
	void ui.attempt(api.pick("folder"));
}

export function openRecording(): void {
	void ui.attempt(api.pick("recording"));
}

export function askToCloseFolder({ name, path }: Workspace): void {
	ui.confirm({
		title: `Close the folder ${name}?`,
		text: `${path} and everything in it stays as it is. It is only taken off this list.`,
		action: "Close folder",
		run: () => deleteWorkspace(name),
	});
}

export function askToDeleteWorkspace(name: string): void {
	ui.confirm({
		title: `Delete the workspace ${name}?`,
		text: "Its folder and all files in it are deleted for good.",
		action: "Delete workspace",
		run: () => deleteWorkspace(name),
	});
}

/** Of one that is being cloned this is the end, too. Throws ApiError. */
export async function deleteWorkspace(name: string): Promise<void> {
	await api.deleteWorkspace(name);
	live.workspaces = live.workspaces.filter((w) => w.name !== name);
}
