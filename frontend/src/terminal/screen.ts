// The terminal as it is drawn: xterm.js, set up so that output can be shown and do nothing else.

import { FitAddon } from "@xterm/addon-fit";
import type { SearchAddon } from "@xterm/addon-search";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { type IDisposable, Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { clipboardText } from "./clipboard";
import { colours, leastContrast } from "./colours";
import { openAddress, webAddress } from "./links";

export interface Hooks {
	/** Whether a key is the page's and not the terminal's. */
	foreign(event: KeyboardEvent): boolean;
	/** What was typed or pasted, or the terminal's answer to a question of the output. */
	data(text: string): void;
	/** The same for bytes that are no text: mouse reports of an old kind. */
	binary(bytes: string): void;
	bell(): void;
	/** A program wants this on the clipboard. */
	copy(text: string): void;
	/** The pointer is on a link, or has left it. */
	link(address: string | undefined, event: MouseEvent): void;
}

export interface Options {
	fontSize: number;
	dark: boolean;
	screenReader: boolean;
	scrollback: number;
}

export class XtermScreen {
	readonly term: Terminal;
	private readonly fitter = new FitAddon();
	private readonly owned: IDisposable[] = [];
	private search: Promise<SearchAddon> | undefined;

	constructor(host: HTMLElement, options: Options, hooks: Hooks) {
		const term = new Terminal({
			allowProposedApi: true, // of the search's marks, and of the width of characters
			fontFamily: '"JetBrains Mono Variable", ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
			fontSize: options.fontSize,
			lineHeight: 1.2,
			cursorBlink: false,
			minimumContrastRatio: leastContrast,
			screenReaderMode: options.screenReader,
			scrollback: options.scrollback,
			theme: colours(options.dark),
			macOptionClickForcesSelection: true,
			linkHandler: {
				activate: (event, text) => follow(event, text),
				hover: (event, text) => hooks.link(webAddress(text), event),
				leave: (event) => hooks.link(undefined, event),
			},
		});
		this.term = term;
		term.loadAddon(this.fitter);
		term.loadAddon(new Unicode11Addon());
		term.unicode.activeVersion = "11";
		term.loadAddon(
			new WebLinksAddon((event, text) => follow(event, text), {
				hover: (event, text) => hooks.link(webAddress(text), event),
				leave: (event) => hooks.link(undefined, event),
			}),
		);
		this.owned.push(
			term.onData(hooks.data),
			term.onBinary(hooks.binary),
			term.onBell(hooks.bell),
			term.parser.registerOscHandler(52, (data) => {
				const text = clipboardText(data);
				if (text !== undefined) hooks.copy(text);
				return true;
			}),
		);
		term.attachCustomKeyEventHandler((event) => !hooks.foreign(event));
		term.open(host);
		void this.accelerate();
	}

	/** The size that fits the element; undefined while it is not shown. */
	fitting(): { cols: number; rows: number } | undefined {
		const size = this.fitter.proposeDimensions();
		if (!size || !Number.isFinite(size.cols) || !Number.isFinite(size.rows)) return undefined;
		return { cols: Math.max(size.cols, 2), rows: Math.max(size.rows, 1) };
	}

	resize(cols: number, rows: number): void {
		if (this.term.cols !== cols || this.term.rows !== rows) this.term.resize(cols, rows);
	}

	change({ fontSize, dark, screenReader, scrollback }: Options): void {
		Object.assign(this.term.options, {
			fontSize,
			screenReaderMode: screenReader,
			scrollback,
			theme: colours(dark),
		});
	}

	/** The search, loaded when it is first wanted. */
	finder(): Promise<SearchAddon> {
		this.search ??= import("@xterm/addon-search").then(({ SearchAddon }) => {
			const search = new SearchAddon();
			this.term.loadAddon(search);
			return search;
		});
		return this.search;
	}

	dispose(): void {
		for (const one of this.owned) one.dispose();
		this.term.dispose();
	}

	/** Draws with the graphics card where there is one to be had, and without when it is lost. */
	private async accelerate(): Promise<void> {
		if (!hasGraphics()) return;
		try {
			const { WebglAddon } = await import("@xterm/addon-webgl");
			const webgl = new WebglAddon();
			webgl.onContextLoss(() => webgl.dispose());
			this.term.loadAddon(webgl);
		} catch {
			// The other way of drawing, with elements of the page, works everywhere.
		}
	}
}

/**
 * Whether drawing by WebGL pays: not where the processor would have to do it, and not on phones, which take a
 * page's graphics away whenever they like.
 */
function hasGraphics(): boolean {
	if (matchMedia("(pointer: coarse)").matches) return false;
	const context = document.createElement("canvas").getContext("webgl2");
	const info = context?.getExtension("WEBGL_debug_renderer_info");
	const renderer = info && context?.getParameter(info.UNMASKED_RENDERER_WEBGL);
	context?.getExtension("WEBGL_lose_context")?.loseContext();
	return context !== null && !/swiftshader|llvmpipe|software|basic render/i.test(String(renderer));
}

function follow(event: MouseEvent, text: string): void {
	if (event.ctrlKey || event.metaKey) openAddress(text);
}
