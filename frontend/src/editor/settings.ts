// What the reader chose for editors, among the settings the page keeps.
import { recall } from "../stores/storage";

export interface EditorSettings {
	/** Saves a second after the last key, and when the editor is left. */
	autosave: boolean;
	/** Pixels. */
	fontSize: number;
}

const usual = { fontSize: 13 };

export function editorSettings(): EditorSettings {
	const { autosave, editorFontSize } = read();
	return {
		autosave: autosave === true,
		fontSize: Math.min(Math.max(Number(editorFontSize) || usual.fontSize, 9), 24),
	};
}

function read(): { autosave?: unknown; editorFontSize?: unknown } {
	try {
		return (JSON.parse(recall("settings") ?? "{}") as object | null) ?? {};
	} catch {
		return {};
	}
}
