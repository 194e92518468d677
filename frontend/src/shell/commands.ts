// The commands of the palette and of the menu of the page.
import Activity from "@lucide/svelte/icons/activity";
import Import from "@lucide/svelte/icons/file-up";
import Keyboard from "@lucide/svelte/icons/keyboard";
import LogOut from "@lucide/svelte/icons/log-out";
import Monitor from "@lucide/svelte/icons/monitor";
import Moon from "@lucide/svelte/icons/moon";
import Plus from "@lucide/svelte/icons/plus";
import Shield from "@lucide/svelte/icons/shield-check";
import Sun from "@lucide/svelte/icons/sun";
import { account } from "../stores/account.svelte";
import { type ThemeName, theme } from "../stores/theme.svelte";
import { ui } from "../stores/ui.svelte";

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
export const importSession = {
	name: "Import a session…",
	icon: Import,
	run: () => {
		ui.dialog = { is: "import" };
	},
};
export const logOut = { name: "Log out", icon: LogOut, run: () => void account.logout() };

export function commands() {
	return [
		{
			name: "New session",
			icon: Plus,
			run: () => {
				ui.dialog = { is: "new-session" };
			},
		},
		importSession,
		{ name: "Show or hide what's happening", icon: Activity, run: () => ui.showActivity() },
		...themeChoices.map(({ is, name, icon }) => ({ name, icon, run: () => theme.set(is) })),
		{
			name: "What agents may do without asking",
			icon: Shield,
			run: () => {
				ui.dialog = { is: "permissions" };
			},
		},
		showShortcuts,
		logOut,
	];
}
