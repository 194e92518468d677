// The commands of the palette and of the menu of the page.
import Activity from "@lucide/svelte/icons/activity";
import Columns from "@lucide/svelte/icons/columns-2";
import Files from "@lucide/svelte/icons/files";
import GitCompare from "@lucide/svelte/icons/git-compare";
import Keyboard from "@lucide/svelte/icons/keyboard";
import LogOut from "@lucide/svelte/icons/log-out";
import MessageSquare from "@lucide/svelte/icons/message-square";
import Monitor from "@lucide/svelte/icons/monitor";
import Moon from "@lucide/svelte/icons/moon";
import PanelBottom from "@lucide/svelte/icons/panel-bottom";
import PanelLeft from "@lucide/svelte/icons/panel-left";
import Plus from "@lucide/svelte/icons/plus";
import Shield from "@lucide/svelte/icons/shield-check";
import Search from "@lucide/svelte/icons/search";
import Settings from "@lucide/svelte/icons/settings-2";
import SquareTerminal from "@lucide/svelte/icons/square-terminal";
import Sun from "@lucide/svelte/icons/sun";
import X from "@lucide/svelte/icons/x";
import { account } from "../stores/account.svelte";
import { live } from "../stores/live.svelte";
import { router } from "../stores/route.svelte";
import { type ThemeName, theme } from "../stores/theme.svelte";
import { ui } from "../stores/ui.svelte";
import { workbench } from "../stores/workbench.svelte";
import { closeTab, newTerminal, togglePanel } from "../terminal/actions";
import { showView, toggleActivity } from "../workbench/actions";
import { canShow, viewPanes } from "../workbench/panes";

export const themeChoices = [
	{ is: "light", name: "Light theme", icon: Sun },
	{ is: "dark", name: "Dark theme", icon: Moon },
	{ is: "system", name: "Theme of the system", icon: Monitor },
] satisfies { is: ThemeName; name: string; icon: unknown }[];

export const showShortcuts = {
	name: "Keyboard shortcuts",
	icon: Keyboard,
	run: () => {
		ui.dialog = { is: "shortcuts" };
	},
};
export const showSettings = {
	name: "Settings",
	icon: Settings,
	run: () => {
		ui.dialog = { is: "settings" };
	},
};
export const logOut = { name: "Log out", icon: LogOut, run: () => void account.logout() };

export function commands() {
	const workspaces = live.workspaces.map((w) => w.name).sort((a, b) => a.localeCompare(b));
	const tabs = workbench.focused !== undefined;
	return [
		{
			name: "New session",
			icon: Plus,
			run: () => {
				ui.dialog = { is: "new-session" };
			},
		},
		{ name: "New terminal", icon: SquareTerminal, run: () => void newTerminal() },
		...workspaces.map((name) => ({
			name: `New terminal in ${name}`,
			icon: SquareTerminal,
			run: () => void newTerminal(name),
		})),
		{ name: "All terminals", icon: SquareTerminal, run: () => router.go({ at: "terminals" }) },
		{ name: "Show sessions", icon: MessageSquare, run: () => showView("sessions") },
		...(viewPanes.files ? [{ name: "Show files", icon: Files, run: () => showView("files") }] : []),
		...(viewPanes.search ? [{ name: "Search in files", icon: Search, run: () => showView("search") }] : []),
		...workspaces
			.filter((workspace) => canShow({ at: "review", workspace }))
			.map((workspace) => ({
				name: `Review changes in ${workspace}`,
				icon: GitCompare,
				run: () => router.go({ at: "review", workspace }),
			})),
		...(tabs
			? [
					{ name: "Close tab", icon: X, run: () => closeTab() },
					{ name: "Move tab to the other side", icon: Columns, run: () => workbench.split() },
				]
			: []),
		{ name: "Show or hide the sidebar", icon: PanelLeft, run: toggleSidebar },
		{ name: "Show or hide terminals", icon: PanelBottom, run: togglePanel },
		{ name: "Show or hide what's happening", icon: Activity, run: toggleActivity },
		...themeChoices.map(({ is, name, icon }) => ({ name, icon, run: () => theme.set(is) })),
		{
			name: "What agents may do without asking",
			icon: Shield,
			run: () => {
				ui.dialog = { is: "permissions" };
			},
		},
		showSettings,
		showShortcuts,
		logOut,
	];
}

export function toggleSidebar(): void {
	workbench.arrange({ sidebar: !workbench.layout.sidebar });
}
