// Foreign text made harmless to look at: what a tool prints or asks for must read as what it is.

// CSI and OSC sequences, then any other escape; made from code points so that the source stays readable.
const esc = "\u001b";
const terminalCodes = new RegExp(
	`${esc}\\[[0-?]*[ -/]*[@-~]|${esc}\\][^\u0007${esc}]*(?:\u0007|${esc}\\\\)|${esc}[@-Z\\\\-_]`,
	"g",
);
// Control characters but tab and line feed, and format characters that reorder or hide text; the two
// joiners stay, which many scripts and emoji are written with.
const unseen = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}]/gu;

/** Shows control and reordering characters as ⟨U+202E⟩, so that nothing can pass as something else. */
export function visible(text: string): string {
	return text.replace(/\r\n/g, "\n").replace(unseen, (c) => `⟨U+${hex(c)}⟩`);
}

/** A tool's output without terminal colours; a line redrawn with carriage returns keeps its last state. */
export function plain(output: string): string {
	return visible(output.replace(terminalCodes, "").split("\n").map(lastState).join("\n"));
}

function lastState(line: string): string {
	const drawn = line.replace(/\r+$/, "");
	return drawn.slice(drawn.lastIndexOf("\r") + 1);
}

function hex(character: string): string {
	return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
