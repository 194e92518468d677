// One terminal in front of the reader: what is drawn, the connection behind it, and whose size it has.

import { api } from "../api/client";
import { withAlt, withCtrl } from "../state/keys";
import { isReport } from "../state/reports";
import { live } from "../stores/live.svelte";
import { settings } from "../stores/settings.svelte";
import { theme } from "../stores/theme.svelte";
import { ui } from "../stores/ui.svelte";
import { type Screen, type State, type Surroundings, TerminalConnection } from "./connection";
import { type Options, XtermScreen } from "./screen";
import type { Exit } from "./wire";

/** A line that is dragged changes sizes all the time; the terminal follows when it stands still. Milliseconds. */
const settle = 100;
const flashTime = 150;
/** Lines kept in the page, as many as the server keeps in each tier. */
const scrollback: Record<string, number> = { premium: 50_000, standard: 25_000, essential: 10_000 };

export interface Listener {
	/** Whether a key is the page's and not the terminal's. */
	foreign(event: KeyboardEvent): boolean;
	bell(): void;
}

export class TerminalSession {
	state = $state<State>("connecting");
	exit = $state.raw<Exit>();
	/** What the server says besides the output. */
	notice = $state("");
	/** Keys of a phone's row that hold for the next character. */
	ctrl = $state(false);
	alt = $state(false);
	/** The link under the pointer, as it will really be opened, and where the pointer is. */
	link = $state.raw<{ address: string; x: number; y: number }>();
	flash = $state(false);
	readonly screen: XtermScreen;
	private readonly id: string;
	private readonly connection: TerminalConnection;
	/** This viewer gave the terminal its size, and answers the questions of its output. */
	private mine = false;
	/** Output up to this offset was there before this page; its questions were answered long ago. */
	private past = 0;
	private drawn = 0;
	private timer: ReturnType<typeof setTimeout> | undefined;
	private refused = false;
	private closed = false;

	constructor(id: string, host: HTMLElement, listener: Listener) {
		this.id = id;
		this.screen = new XtermScreen(host, this.options(), {
			foreign: (event) => listener.foreign(event),
			data: (text) => this.data(text),
			binary: (bytes) => this.send(Uint8Array.from(bytes, (b) => b.charCodeAt(0))),
			bell: () => {
				this.blink();
				listener.bell();
			},
			copy: (text) => this.copyFor(text),
			link: (address, { clientX: x, clientY: y }) => {
				this.link = address ? { address, x, y } : undefined;
			},
		});
		this.connection = new TerminalConnection(surroundings(id), this.face());
	}

	/** Connects, once it is known how much the terminal has said before. */
	async open(): Promise<void> {
		const list = await api.terminals().catch(() => []);
		this.past = list.find((t) => t.id === this.id)?.offset ?? 0;
		if (!this.closed) this.connection.open();
	}

	close(): void {
		this.closed = true;
		clearTimeout(this.timer);
		this.connection.close();
		this.screen.dispose();
	}

	/** Something of what it said is in front of the reader. */
	get kept(): boolean {
		return this.connection.offset !== undefined;
	}

	/** The page has been away from the server and is back. */
	wake(): void {
		this.connection.wake();
	}

	/** Sends what was typed. */
	type(text: string): void {
		this.data(text);
		this.screen.term.scrollToBottom();
	}

	/** The reader does something here: the terminal takes this viewer's size. */
	claim(): void {
		if (!this.mine) this.fit();
	}

	/** The element has changed its size. */
	resized(): void {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => document.hasFocus() && this.fit(), settle);
	}

	/** Takes over what the reader has chosen. */
	restyle(): void {
		this.screen.change(this.options());
		this.resized();
	}

	/** The reader has read the server's notice. */
	dismiss(): void {
		this.notice = "";
	}

	/** Puts what is selected on the clipboard. */
	async copy(): Promise<void> {
		const text = this.screen.term.getSelection();
		if (text)
			await navigator.clipboard
				.writeText(text)
				.catch(() => ui.toast("The browser did not let the page copy."));
	}

	async paste(): Promise<void> {
		try {
			this.screen.term.paste(await navigator.clipboard.readText());
		} catch {
			ui.toast("The browser does not let the page read the clipboard. Ctrl Shift V pastes all the same.");
		}
	}

	private fit(): void {
		const size = this.screen.fitting();
		if (!size) return;
		this.mine = true;
		this.screen.resize(size.cols, size.rows);
		this.connection.resize(size.cols, size.rows);
	}

	private data(text: string): void {
		if (isReport(text)) {
			if (!this.mine || this.drawn < this.past) return;
		} else this.claim();
		this.send(new TextEncoder().encode(this.held(text)));
	}

	/** A typed character with the keys that hold for it. */
	private held(text: string): string {
		if (text.length !== 1 || !(this.ctrl || this.alt)) return text;
		const character = this.ctrl ? withCtrl(text) : text;
		const whole = this.alt ? withAlt(character) : character;
		this.ctrl = this.alt = false;
		return whole;
	}

	private send(bytes: Uint8Array<ArrayBuffer>): void {
		if (this.state === "live") this.connection.input(bytes);
	}

	private blink(): void {
		if (!settings.now.bell) return;
		this.flash = true;
		setTimeout(() => {
			this.flash = false;
		}, flashTime);
	}

	private copyFor(text: string): void {
		if (settings.now.terminalClipboard) return void navigator.clipboard.writeText(text).catch(() => {});
		if (this.refused) return;
		this.refused = true;
		ui.tell("A program in the terminal wanted to replace what is on your clipboard. It was refused.", {
			label: "Settings",
			run: () => {
				ui.dialog = { is: "settings" };
			},
		});
	}

	private options(): Options {
		return {
			fontSize: settings.now.terminalFontSize,
			dark: theme.dark,
			screenReader: settings.now.screenReader,
			scrollback: scrollback[live.status?.tier.name ?? "essential"] ?? 10_000,
		};
	}

	private face(): Screen {
		const { term } = this.screen;
		return {
			write: (bytes, drawn) =>
				term.write(bytes, () => {
					this.drawn += bytes.length;
					drawn();
				}),
			started: (cols, rows) => this.started(cols, rows),
			resized: (cols, rows) => {
				this.mine = false;
				this.screen.resize(cols, rows);
			},
			// What was begun, such as a colour or a half character, is ended first.
			lost: (bytes) => {
				this.drawn += bytes;
				term.write(
					`\x18\x1b[0m\r\n\x1b[2m[${Math.ceil(bytes / 1024)} KB of output are not kept any more]\x1b[0m\r\n`,
				);
			},
			notice: (text) => {
				this.notice = text;
			},
			state: (state, exit) => {
				this.state = state;
				this.exit = exit;
				if (state === "live") live.stream.hurry();
			},
		};
	}

	/** A connection has begun. Who looks at this page now gives the size; else it is as others have it. */
	private started(cols: number, rows: number): void {
		this.drawn ||= this.connection.offset ?? 0;
		this.mine = false;
		if (document.hasFocus()) this.fit();
		if (!this.mine) this.screen.resize(cols, rows);
	}
}

function surroundings(id: string): Surroundings {
	return {
		connect: (offset) => {
			const url = new URL(
				`/api/terminals/${encodeURIComponent(id)}/ws`,
				location.href.replace(/^http/, "ws"),
			);
			if (offset !== undefined) url.searchParams.set("offset", String(offset));
			return new WebSocket(url);
		},
		exists: () =>
			api.terminals().then(
				(list) => list.some((t) => t.id === id),
				() => true,
			),
		now: () => Date.now(),
		random: () => Math.random(),
		after: (ms, callback) => {
			const timer = setTimeout(callback, ms);
			return () => clearTimeout(timer);
		},
	};
}
