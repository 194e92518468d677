// The terminal's colours, in the page's light and dark. Text is never nearer to its background than WCAG AA allows.
import type { ITheme } from "@xterm/xterm";

export const leastContrast = 4.5;

const light: ITheme = {
	background: "#ffffff",
	foreground: "#13191b",
	cursor: "#0a6a70",
	cursorAccent: "#ffffff",
	selectionBackground: "#b9dcdc",
	selectionInactiveBackground: "#dde3e1",
	scrollbarSliderBackground: "#838e8c66",
	scrollbarSliderHoverBackground: "#838e8c99",
	scrollbarSliderActiveBackground: "#838e8ccc",
	black: "#13191b",
	red: "#b0241c",
	green: "#2c7a2f",
	yellow: "#855300",
	blue: "#1f5fa8",
	magenta: "#8a3a94",
	cyan: "#0a6a70",
	white: "#5f6b6e",
	brightBlack: "#4b575a",
	brightRed: "#c8382f",
	brightGreen: "#337f36",
	brightYellow: "#8f5c00",
	brightBlue: "#2a6cba",
	brightMagenta: "#9a48a4",
	brightCyan: "#0c7379",
	brightWhite: "#13191b",
};

const dark: ITheme = {
	background: "#0f1315",
	foreground: "#e6ecee",
	cursor: "#51c5c9",
	cursorAccent: "#0f1315",
	selectionBackground: "#1f4b4e",
	selectionInactiveBackground: "#273035",
	scrollbarSliderBackground: "#6a788066",
	scrollbarSliderHoverBackground: "#6a788099",
	scrollbarSliderActiveBackground: "#6a7880cc",
	black: "#273035",
	red: "#ff9187",
	green: "#7fd18a",
	yellow: "#ecb552",
	blue: "#82b4f0",
	magenta: "#d79be0",
	cyan: "#51c5c9",
	white: "#c6d0d4",
	brightBlack: "#8f9ca2",
	brightRed: "#ffb0a8",
	brightGreen: "#a2e0aa",
	brightYellow: "#f4cd86",
	brightBlue: "#aacdf6",
	brightMagenta: "#e5bceb",
	brightCyan: "#7bd9dc",
	brightWhite: "#ffffff",
};

export function colours(isDark: boolean): ITheme {
	return isDark ? dark : light;
}

/** How matches of a search are marked. */
export function matchColours(isDark: boolean) {
	return {
		matchBackground: isDark ? "#4a3a12" : "#fbe6b8",
		matchOverviewRuler: isDark ? "#8d6a22" : "#dfae50",
		activeMatchBackground: isDark ? "#8d6a22" : "#f2bf5e",
		activeMatchColorOverviewRuler: isDark ? "#ecb552" : "#855300",
	};
}
