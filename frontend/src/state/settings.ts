// What a reader can choose, besides the theme.

export interface Settings {
	/** Sizes of text in px. */
	readonly editorFontSize: number;
	readonly terminalFontSize: number;
	/** Files are written shortly after each change. */
	readonly autosave: boolean;
	/** A terminal's bell flashes, and marks its tab. */
	readonly bell: boolean;
	/** Terminals keep their text where screen readers find it; costs speed. */
	readonly screenReader: boolean;
	/** Programs in terminals may put text on the clipboard (OSC 52). */
	readonly terminalClipboard: boolean;
	/** When to show a message of the system while the page is not looked at. */
	readonly notify: Readonly<Record<Occasion, boolean>>;
}

export const occasions = ["question", "turn", "parked", "alert"] as const;
export type Occasion = (typeof occasions)[number];

export const fontSizes = { least: 9, most: 24 } as const;

export const defaults: Settings = {
	editorFontSize: 13,
	terminalFontSize: 13,
	autosave: false,
	bell: true,
	screenReader: false,
	terminalClipboard: false,
	notify: { question: false, turn: false, parked: false, alert: false },
};

/** Settings as they were kept; what is missing or makes no sense has its default. */
export function readSettings(kept: unknown): Settings {
	const given = fields(kept);
	const notify = fields(given.notify);
	const flag = (value: unknown, otherwise: boolean) => (typeof value === "boolean" ? value : otherwise);
	return {
		editorFontSize: fontSize(given.editorFontSize, defaults.editorFontSize),
		terminalFontSize: fontSize(given.terminalFontSize, defaults.terminalFontSize),
		autosave: flag(given.autosave, defaults.autosave),
		bell: flag(given.bell, defaults.bell),
		screenReader: flag(given.screenReader, defaults.screenReader),
		terminalClipboard: flag(given.terminalClipboard, defaults.terminalClipboard),
		notify: {
			question: flag(notify.question, defaults.notify.question),
			turn: flag(notify.turn, defaults.notify.turn),
			parked: flag(notify.parked, defaults.notify.parked),
			alert: flag(notify.alert, defaults.notify.alert),
		},
	};
}

/** A size of text within bounds; `otherwise` for what is no number. */
export function fontSize(value: unknown, otherwise: number): number {
	if (typeof value !== "number" || !Number.isFinite(value)) return otherwise;
	return Math.min(Math.max(Math.round(value), fontSizes.least), fontSizes.most);
}

function fields(value: unknown): Record<string, unknown> {
	return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
