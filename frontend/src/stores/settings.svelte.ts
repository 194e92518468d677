// What the reader has chosen.
import { readSettings, type Settings } from "../state/settings";
import { preferences } from "./preferences";
import { keep, recallJSON } from "./storage";

class Chosen {
	now = $state.raw<Settings>(readSettings(recallJSON("settings")));

	constructor() {
		preferences.part("settings", { take: (value) => this.take(readSettings(value)), give: () => this.now });
	}

	set(change: Partial<Settings>): void {
		this.take(readSettings({ ...this.now, ...change }));
		preferences.changed("settings");
	}

	private take(settings: Settings): void {
		this.now = settings;
		keep("settings", JSON.stringify(settings));
	}
}

export const settings = new Chosen();
