// The commands of the palette.
import Activity from "@lucide/svelte/icons/activity";
import Columns from "@lucide/svelte/icons/columns-2";
import Disc from "@lucide/svelte/icons/disc";
import Import from "@lucide/svelte/icons/file-up";
import Files from "@lucide/svelte/icons/files";
import FolderOpen from "@lucide/svelte/icons/folder-open";
import Gauge from "@lucide/svelte/icons/gauge";
import GitCompare from "@lucide/svelte/icons/git-compare";
import MessageSquare from "@lucide/svelte/icons/message-square";
import PanelBottom from "@lucide/svelte/icons/panel-bottom";
import PanelLeft from "@lucide/svelte/icons/panel-left";
import Plus from "@lucide/svelte/icons/plus";
import Search from "@lucide/svelte/icons/search";
import SquareTerminal from "@lucide/svelte/icons/square-terminal";
import X from "@lucide/svelte/icons/x";
import { openFolder, openRecording } from "../sessions/actions";
import { account } from "../stores/account.svelte";
import { live } from "../stores/live.svelte";
import { router } from "../stores/route.svelte";
import { theme } from "../stores/theme.svelte";
import { ui } from "../stores/ui.svelte";
import { workbench } from "../stores/workbench.svelte";
import { newTerminal, togglePanel } from "../terminal/actions";
import { closeTab, showView, toggleActivity, toggleSidebar } from "../workbench/actions";
import { canShow, viewPanes } from "../workbench/panes";
import { logOut, showPermissions, showSettings, showShortcuts, themeChoices } from "./menu";

interface PaletteCommand {
	name: string;
	icon: typeof Plus;
	/** Other words that find it. */
	keywords?: string[];
	run: () => void;
}

export function commands(): PaletteCommand[] {
	const workspaces = live.places;
	const tabs = workbench.focused !== undefined;
	return [
		{
			name: "New session",
			icon: Plus,
			run: () => {
				ui.dialog = { is: "new-session" };
			},
		},
		{
			name: "Import a session…",
			icon: Import,
			run: () => {
				ui.dialog = { is: "import" };
			},
		},
		...(account.me?.window
			? [
					{ name: "Open a folder…", icon: FolderOpen, run: openFolder },
					{ name: "Open a recording…", icon: Disc, run: openRecording },
				]
			: []),
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
		{ name: "Open the dashboard", icon: Gauge, run: () => router.go({ at: "dashboard" }) },
		...themeChoices.map(({ is, name, icon }) => ({ name, icon, run: () => theme.set(is) })),
		showPermissions,
		showSettings,
		showShortcuts,
		logOut,
	];
}
