// Light, dark, or as the system has it. public/theme.js does the same before the first paint.
import { MediaQuery } from "svelte/reactivity";
import { preferences } from "./preferences";
import { keep, recall } from "./storage";

export const themes = ["system", "light", "dark"] as const;
export type ThemeName = (typeof themes)[number];

const darkSystem = new MediaQuery("prefers-color-scheme: dark", false);

class Theme {
	name = $state<ThemeName>(themes.find((t) => t === recall("theme")) ?? "system");
	/** What it comes to. */
	dark = $derived(this.name === "dark" || (this.name === "system" && darkSystem.current));

	constructor() {
		preferences.part("theme", {
			take: (value) => this.take(themes.find((t) => t === value) ?? "system"),
			give: () => this.name,
		});
	}

	set(name: ThemeName): void {
		this.take(name);
		preferences.changed("theme");
	}

	private take(name: ThemeName): void {
		this.name = name;
		keep("theme", name === "system" ? "" : name);
		if (name === "system") delete document.documentElement.dataset.theme;
		else document.documentElement.dataset.theme = name;
	}
}

export const theme = new Theme();
