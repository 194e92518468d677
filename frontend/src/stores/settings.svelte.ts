// What the reader has chosen, kept in this browser.
import { readSettings, type Settings } from "../state/settings";
import { keep, recallJSON } from "./storage";

class Chosen {
	now = $state.raw<Settings>(readSettings(recallJSON("settings")));

	set(change: Partial<Settings>): void {
		this.now = readSettings({ ...this.now, ...change });
		keep("settings", JSON.stringify(this.now));
	}
}

export const settings = new Chosen();
