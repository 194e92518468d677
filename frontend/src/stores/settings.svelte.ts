// What the reader has chosen.
import { readSettings, type Settings } from "../state/settings";
import { preferences } from "./preferences";
import { keep, recallJSON } from "./storage";

class Chosen {
	now = $state.raw<Settings>(readSettings(recallJSON("settings")));

	constructor() {
		preferences.on("settings", (value) => this.take(readSettings(value)));
	}

	set(change: Partial<Settings>): void {
		this.take(readSettings({ ...this.now, ...change }));
		preferences.set("settings", this.now);
	}

	private take(settings: Settings): void {
		this.now = settings;
		keep("settings", JSON.stringify(settings));
	}
}

export const settings = new Chosen();
