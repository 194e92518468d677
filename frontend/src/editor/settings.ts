// What the reader chose for editors, among the settings the page keeps.
import { recall } from "../stores/storage";

export interface EditorSettings {
	/** Saves a second after the last key, and when the editor is left. */
	autosave: boolean;
	/** Pixels. */
	fontSize: number;
}

const usual: EditorSettings = { autosave: false, fontSize: 13 };

export function editorSettings(): EditorSettings {
	const { autosave, fontSize } = { ...usual, ...read() };
	return {
		autosave: autosave === true,
		fontSize: Math.min(Math.max(Number(fontSize) || usual.fontSize, 8), 32),
	};
}

function read(): Partial<Record<keyof EditorSettings, unknown>> {
	try {
		return (JSON.parse(recall("settings") ?? "{}") as object | null) ?? {};
	} catch {
		return {};
	}
}
