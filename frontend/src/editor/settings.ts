// What the reader chose for editors, among the settings of the page.
import { settings } from "../stores/settings.svelte";

export interface EditorSettings {
	/** Saves a second after the last key, and when the editor is left. */
	autosave: boolean;
	/** Pixels. */
	fontSize: number;
}

export function editorSettings(): EditorSettings {
	const { autosave, editorFontSize } = settings.now;
	return { autosave, fontSize: editorFontSize };
}
