// The keyboard shortcuts: what they are, and the listener that carries them out.

import { neighbour } from "../state/sessions";
import { openPermissions, runningTurn } from "../state/view";
import { conversationOf } from "../stores/conversation.svelte";
import { live } from "../stores/live.svelte";
import { router } from "../stores/route.svelte";
import { ui } from "../stores/ui.svelte";

export const mod = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";
const alt = mod === "⌘" ? "⌥" : "Alt";

interface Shortcut {
	keys: string[];
	does: string;
	/** Tells whether a key press is this one; absent when the part that has the focus looks for it. */
	is?: (event: KeyboardEvent, typing: boolean) => boolean;
	run?: () => void;
}

const withAlt = (code: string) => (e: KeyboardEvent) =>
	e.altKey && !e.ctrlKey && !e.metaKey && e.code === code;
const bare = (key: string) => (e: KeyboardEvent, typing: boolean) =>
	!typing && !e.ctrlKey && !e.metaKey && !e.altKey && e.key === key;

export const shortcuts: Shortcut[] = [
	{
		keys: [mod, "K"],
		does: "Find a session or command",
		is: (e) => (e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === "k",
		run: () => {
			ui.dialog = { is: "palette" };
		},
	},
	{
		keys: [alt, "N"],
		does: "New session",
		is: withAlt("KeyN"),
		run: () => (ui.dialog = { is: "new-session" }),
	},
	{ keys: [alt, "↑"], does: "Session above", is: withAlt("ArrowUp"), run: () => step(-1) },
	{ keys: [alt, "↓"], does: "Session below", is: withAlt("ArrowDown"), run: () => step(1) },
	{ keys: [alt, "W"], does: "What's happening", is: withAlt("KeyW"), run: () => ui.showActivity() },
	{ keys: ["/"], does: "Write a prompt", is: bare("/"), run: () => focus("[data-testid=prompt-input]") },
	{ keys: [alt, "P"], does: "Go to the question that waits for you", is: withAlt("KeyP"), run: toPermission },
	{ keys: ["Esc"], does: "Stop the turn that runs" },
	{ keys: ["Enter"], does: "Send; a turn that runs goes on and the prompt waits" },
	{ keys: ["Shift", "Enter"], does: "New line" },
	{ keys: ["?"], does: "Show this list", is: bare("?"), run: () => (ui.dialog = { is: "shortcuts" }) },
];

/** Carries out a shortcut when no dialog is open. */
export function shortcut(event: KeyboardEvent): void {
	if (event.defaultPrevented || ui.dialog) return;
	const typing = (event.target as Element).matches("input, textarea, [contenteditable]");
	const found = shortcuts.find(({ is }) => is?.(event, typing));
	if (!found?.run) return;
	event.preventDefault();
	found.run();
}

function step(by: 1 | -1): void {
	const id = neighbour(live.groups, router.session, by);
	if (id) router.go({ at: "session", id });
}

function focus(selector: string): void {
	document.querySelector<HTMLElement>(selector)?.focus();
}

/** To this session's question, else to the next session that has one. */
function toPermission(): void {
	const here = router.session && runningTurn(conversationOf(router.session).history.view);
	if (here && openPermissions(here).length > 0) return focus("[data-testid=permission]");
	const other = live.sessions.find((s) => s.state === "waiting");
	if (other) router.go({ at: "session", id: other.id });
}
