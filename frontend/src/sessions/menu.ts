// What can be done with a session, as a menu.
import Copy from "@lucide/svelte/icons/copy-plus";
import Download from "@lucide/svelte/icons/download";
import Pencil from "@lucide/svelte/icons/pencil";
import Pin from "@lucide/svelte/icons/pin";
import PinOff from "@lucide/svelte/icons/pin-off";
import Text from "@lucide/svelte/icons/text";
import Trash from "@lucide/svelte/icons/trash-2";
import { api } from "../api/client";
import type { Session } from "../api/wire";
import { keepDraft } from "../stores/drafts";
import { live } from "../stores/live.svelte";
import { router } from "../stores/route.svelte";
import { ui } from "../stores/ui.svelte";
import type { MenuItem } from "../ui/MenuButton.svelte";
import { askToDelete, askToRename } from "./actions";

export function sessionMenu(session: Session): MenuItem[] {
	const begun = session.lastSeq > 0;
	const all: (MenuItem | false)[] = [
		begun && { label: "Summary…", icon: Text, run: () => open({ is: "summary", session }) },
		{
			label: session.pinned ? "Unpin" : "Pin",
			icon: session.pinned ? PinOff : Pin,
			run: () => void pin(session),
		},
		begun && { label: "Fork", icon: Copy, run: () => void fork(session.id, session.lastSeq) },
		begun && { label: "Export", icon: Download, run: () => download(api.exportAddress(session.id)) },
		{ label: "Rename…", icon: Pencil, run: () => askToRename(session) },
		{ label: "Delete…", icon: Trash, danger: true, run: () => askToDelete(session) },
	];
	return all.filter((item) => item !== false);
}

function open(dialog: typeof ui.dialog) {
	ui.dialog = dialog;
}

async function pin(session: Session) {
	const pinned = await ui.attempt(api.pinSession(session.id, !session.pinned));
	if (pinned) live.replace(pinned);
}

/** Opens a new session with what this one held up to an event. */
export async function fork(session: string, seq: number) {
	const forked = await ui.attempt(api.forkSession(session, seq));
	if (!forked) return;
	live.put(forked);
	router.go({ at: "session", id: forked.id });
}

/**
 * Opens a new session with what one held up to an event, 0 for nothing, and a prompt in its box, to be changed and
 * sent.
 */
export async function goBack(session: string, seq: number, text: string) {
	const { workspace, agent, title } = live.session(session) ?? {};
	if (!workspace) return;
	const again = seq > 0 ? api.forkSession(session, seq) : api.createSession({ workspace, agent, title });
	const made = await ui.attempt(again);
	if (!made) return;
	keepDraft(made.id, text);
	live.put(made);
	router.go({ at: "session", id: made.id });
}

function download(address: string) {
	const link = document.createElement("a");
	link.href = address;
	link.download = "";
	link.click();
}
