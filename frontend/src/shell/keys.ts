// The keyboard shortcuts: what they are, and the listener that carries them out.

import { neighbour } from "../state/sessions";
import { openPermissions, runningTurn } from "../state/view";
import { conversationOf } from "../stores/conversation.svelte";
import { narrow } from "../stores/layout.svelte";
import { live } from "../stores/live.svelte";
import { router } from "../stores/route.svelte";
import { ui } from "../stores/ui.svelte";
import { workbench } from "../stores/workbench.svelte";
import { newTerminal, togglePanel } from "../terminal/actions";
import { closeTab, showView, toggleActivity, toggleSidebar } from "../workbench/actions";
import { viewPanes } from "../workbench/panes";
import { alt, mac, mod } from "./platform";

interface Shortcut {
	keys: string[];
	does: string;
	/** Tells whether a key press is this one; absent when the part that has the focus looks for it. */
	is?: (event: KeyboardEvent, typing: boolean) => boolean;
	run?: () => void;
	/** Also from inside a terminal, which has all other keys. */
	everywhere?: boolean;
}

const withAlt = (code: string) => (e: KeyboardEvent) =>
	e.altKey && !e.ctrlKey && !e.metaKey && !e.shiftKey && e.code === code;
const withAltShift = (code: string) => (e: KeyboardEvent) =>
	e.altKey && !e.ctrlKey && !e.metaKey && e.shiftKey && e.code === code;
const withMod = (code: string, shift: boolean) => (e: KeyboardEvent) =>
	(mac ? e.metaKey : e.ctrlKey) && !e.altKey && e.shiftKey === shift && e.code === code;
const withCtrl = (code: string, shift: boolean) => (e: KeyboardEvent) =>
	e.ctrlKey && !e.metaKey && !e.altKey && e.shiftKey === shift && e.code === code;
const bare = (key: string) => (e: KeyboardEvent, typing: boolean) =>
	!typing && !e.ctrlKey && !e.metaKey && !e.altKey && e.key === key;

const find = () => {
	ui.dialog = { is: "palette" };
};

export const shortcuts: Shortcut[] = [
	{
		keys: [mod, "K"],
		does: "Find a session or command",
		is: (e) => (e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === "k",
		run: find,
	},
	{
		keys: [mod, "Shift", "P"],
		does: "The same, also from a terminal",
		is: withMod("KeyP", true),
		run: find,
		everywhere: true,
	},
	{
		keys: [alt, "N"],
		does: "New session",
		is: withAlt("KeyN"),
		run: () => (ui.dialog = { is: "new-session" }),
	},
	{ keys: [alt, "↑"], does: "Session above", is: withAlt("ArrowUp"), run: () => step(-1) },
	{ keys: [alt, "↓"], does: "Session below", is: withAlt("ArrowDown"), run: () => step(1) },
	{ keys: ["/"], does: "Write a prompt", is: bare("/"), run: () => focus("[data-testid=prompt-input]") },
	{ keys: [alt, "P"], does: "Go to the question that waits for you", is: withAlt("KeyP"), run: toPermission },
	{ keys: ["Esc"], does: "Stop the turn that runs" },
	{ keys: ["Enter"], does: "Send; a turn that runs goes on and the prompt waits" },
	{ keys: ["Shift", "Enter"], does: "New line" },
	{
		keys: [alt, "Page ↓"],
		does: "Next tab",
		is: withAlt("PageDown"),
		run: () => workbench.step(1),
		everywhere: true,
	},
	{
		keys: [alt, "Page ↑"],
		does: "Previous tab",
		is: withAlt("PageUp"),
		run: () => workbench.step(-1),
		everywhere: true,
	},
	{
		keys: [alt, "Shift", "Page ↓"],
		does: "Move the tab to the right",
		is: withAltShift("PageDown"),
		run: () => workbench.shift(1),
		everywhere: true,
	},
	{
		keys: [alt, "Shift", "Page ↑"],
		does: "Move the tab to the left",
		is: withAltShift("PageUp"),
		run: () => workbench.shift(-1),
		everywhere: true,
	},
	{ keys: [alt, "X"], does: "Close the tab", is: withAlt("KeyX"), run: () => closeTab() },
	{
		keys: [alt, "\\"],
		does: "Move the tab to the other side",
		is: withAlt("Backslash"),
		run: () => workbench.split(),
	},
	{
		keys: ["Ctrl", "`"],
		does: "Terminals: show them and go there, or hide them",
		is: withCtrl("Backquote", false),
		run: togglePanel,
		everywhere: true,
	},
	{
		keys: ["Ctrl", "Shift", "`"],
		does: "New terminal",
		is: withCtrl("Backquote", true),
		run: () => void newTerminal(),
		everywhere: true,
	},
	{ keys: [alt, "B"], does: "Show or hide the sidebar", is: withAlt("KeyB"), run: toggleSidebar },
	{ keys: [alt, "S"], does: "Sessions", is: withAlt("KeyS"), run: () => showView("sessions") },
	...(viewPanes.files
		? [
				{
					keys: [mod, "Shift", "E"],
					does: "Files",
					is: withMod("KeyE", true),
					run: () => showView("files"),
					everywhere: true,
				},
			]
		: []),
	...(viewPanes.search
		? [
				{
					keys: [mod, "Shift", "F"],
					does: "Search in files; in a terminal: find in it",
					is: withMod("KeyF", true),
					run: () => showView("search"),
				},
			]
		: []),
	{ keys: [alt, "W"], does: "What's happening", is: withAlt("KeyW"), run: toggleActivity },
	{
		keys: [mod, ","],
		does: "Settings",
		is: withMod("Comma", false),
		run: () => (ui.dialog = { is: "settings" }),
	},
	{ keys: ["Ctrl", "Shift", "C, V"], does: "In a terminal: copy, paste" },
	{ keys: ["?"], does: "Show this list", is: bare("?"), run: () => (ui.dialog = { is: "shortcuts" }) },
];

/** Whether a key press is the page's wherever the focus is. */
export function everywhere(event: KeyboardEvent): boolean {
	return shortcuts.some((shortcut) => shortcut.everywhere && shortcut.is?.(event, true));
}

/** Carries out a shortcut when no dialog is open. */
export function shortcut(event: KeyboardEvent): void {
	if (event.defaultPrevented || ui.dialog) return;
	const typing = (event.target as Element).matches("input, textarea, select, [contenteditable]");
	const found = shortcuts.find(({ is }) => is?.(event, typing));
	if (!found?.run) return;
	event.preventDefault();
	found.run();
}

function step(by: 1 | -1): void {
	const id = neighbour(live.groups, workbench.session, by);
	if (id) router.go({ at: "session", id });
}

/** To an element of the session in front of the reader; with two side by side, of the one used last. */
function focus(selector: string): void {
	const group = narrow.current ? "" : `[data-group=${workbench.tabs.focused}] `;
	const near = document.querySelector<HTMLElement>(group + selector);
	(near ?? document.querySelector<HTMLElement>(selector))?.focus();
}

/** To this session's question, else to the next session that has one. */
function toPermission(): void {
	const { session } = workbench;
	const here = session && runningTurn(conversationOf(session).history.view);
	if (here && openPermissions(here).length > 0) return focus("[data-testid=permission]");
	const other = live.sessions.find((s) => s.state === "waiting");
	if (other) router.go({ at: "session", id: other.id });
}
