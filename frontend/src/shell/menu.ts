// The menu of the page.
import Keyboard from "@lucide/svelte/icons/keyboard";
import LogOut from "@lucide/svelte/icons/log-out";
import Monitor from "@lucide/svelte/icons/monitor";
import Moon from "@lucide/svelte/icons/moon";
import Settings from "@lucide/svelte/icons/settings-2";
import Shield from "@lucide/svelte/icons/shield-check";
import Sun from "@lucide/svelte/icons/sun";
import { account } from "../stores/account.svelte";
import type { ThemeName } from "../stores/theme.svelte";
import { ui } from "../stores/ui.svelte";

export const themeChoices = [
	{ is: "light", name: "Light theme", icon: Sun },
	{ is: "dark", name: "Dark theme", icon: Moon },
	{ is: "system", name: "Theme of the system", icon: Monitor },
] satisfies { is: ThemeName; name: string; icon: unknown }[];

export const showPermissions = {
	name: "What agents may do without asking",
	icon: Shield,
	/** What else a reader may look for. */
	keywords: ["permissions", "allowed from now on", "rules"],
	run: () => {
		ui.dialog = { is: "permissions" };
	},
};
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
