// Terminals as they travel between the page and the server.

export interface Terminal {
	id: string;
	workspace: string;
	title: string;
	command: string[];
	cols: number;
	rows: number;
	created: string;
	state: "running" | "exited";
	exitCode?: number;
	signal?: string;
	/** Why it ended, in words, where the server ended it. */
	reason?: string;
	/** Bytes it has said so far. */
	offset: number;
	/** Offset of the oldest byte still kept. */
	first: number;
	viewers: number;
}

export interface NewTerminal {
	workspace: string;
	cols: number;
	rows: number;
	/** Program and arguments; the user's shell when absent. */
	command?: string[];
	title?: string;
}

export type Signal = "INT" | "TERM" | "HUP" | "QUIT" | "KILL" | "TSTP" | "CONT";

/** On the live stream: all terminals, at the start and whenever the list changes. */
export interface TerminalsFrame {
	type: "terminals";
	terminals: Terminal[];
}

/** How a terminal ended. */
export interface Exit {
	code?: number;
	signal?: string;
	reason?: string;
}

/** What the server says on a terminal's own connection; binary frames are output. */
export type FromTerminal =
	/** The first frame: what follows begins at `offset`; `lost` bytes before it are not kept any more. */
	| { type: "start"; offset: number; cols: number; rows: number; lost: number }
	/** Another viewer gave it this size. */
	| { type: "resize"; cols: number; rows: number }
	/** After the last byte. */
	| ({ type: "exit" } & Exit)
	| { type: "notice"; text: string };

/** What the page says there; binary frames are input. */
export type ToTerminal =
	| { type: "resize"; cols: number; rows: number }
	/** So many more bytes have been drawn. */
	| { type: "ack"; bytes: number };
