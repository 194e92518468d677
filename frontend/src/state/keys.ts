// What the keys above a phone's keyboard send, and what Ctrl and Alt make of a typed character.

/** Keys that a phone's keyboard has not; `sends` is what a terminal expects of them. */
export const touchKeys = [
	{ label: "Esc", says: "Esc", sends: "\x1b" },
	{ label: "Tab", says: "Tab", sends: "\t" },
	{ label: "↑", says: "Up", sends: "\x1b[A", application: "\x1bOA" },
	{ label: "↓", says: "Down", sends: "\x1b[B", application: "\x1bOB" },
	{ label: "←", says: "Left", sends: "\x1b[D", application: "\x1bOD" },
	{ label: "→", says: "Right", sends: "\x1b[C", application: "\x1bOC" },
	{ label: "|", says: "Pipe", sends: "|" },
	{ label: "~", says: "Tilde", sends: "~" },
	{ label: "/", says: "Slash", sends: "/" },
	{ label: "-", says: "Dash", sends: "-" },
	{ label: "Home", says: "Home", sends: "\x1b[H", application: "\x1bOH" },
	{ label: "End", says: "End", sends: "\x1b[F", application: "\x1bOF" },
	{ label: "PgUp", says: "PgUp", sends: "\x1b[5~" },
	{ label: "PgDn", says: "PgDn", sends: "\x1b[6~" },
] as const satisfies readonly TouchKey[];

export interface TouchKey {
	label: string;
	says: string;
	sends: string;
	/** What it sends to a program that has asked for application cursor keys. */
	application?: string;
}

/** A character as it is with Ctrl held down; itself where Ctrl makes nothing of it. */
export function withCtrl(text: string): string {
	if (text === " ") return "\0";
	if (text === "?") return "\x7f";
	const code = text.toUpperCase().charCodeAt(0);
	return text.length === 1 && code >= 0x40 && code <= 0x5f ? String.fromCharCode(code & 0x1f) : text;
}

/** A character as it is with Alt held down. */
export function withAlt(text: string): string {
	return `\x1b${text}`;
}
