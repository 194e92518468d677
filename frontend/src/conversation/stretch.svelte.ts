// The part of a long conversation that is on the page, as the reader scrolls and things turn out as high as they are.
import { tick } from "svelte";
import { beginning, type Edges, edges, type Row, rows } from "../state/stretch";
import type { Item } from "../state/view";

const mayChange = (item: Item) => item.kind === "turn" && item.end === undefined;

export class Stretch {
	private drawn = $state.raw<Edges>();
	private items: readonly Item[] = [];
	private scroller: HTMLElement | undefined;
	/** key -> pixels, with the gap after it; only of what is there */
	private readonly heights = new Map<string, number>();
	private readonly heightOf = (key: string) => this.heights.get(key);
	/** What had the focus in here. */
	private focused: Element | undefined;
	private readonly measured = new ResizeObserver((entries) => {
		for (const { target } of entries) this.measure(target);
		this.look(); // what turns out lower than it was taken to be leaves room for more
	});

	/** For the element that scrolls. */
	attach = (scroller: HTMLElement) => {
		this.scroller = scroller;
		const look = () => this.look();
		const focus = (event: FocusEvent) => {
			this.focused = event.target as Element;
		};
		const resized = new ResizeObserver(look);
		resized.observe(scroller);
		scroller.addEventListener("scroll", look, { passive: true });
		scroller.addEventListener("focusin", focus);
		return () => {
			resized.disconnect();
			this.measured.disconnect();
			scroller.removeEventListener("scroll", look);
			scroller.removeEventListener("focusin", focus);
		};
	};

	/** For each element that stands for an item. */
	item = (key: string) => (node: HTMLElement) => {
		node.dataset.item = key;
		this.measured.observe(node);
		return () => this.measured.unobserve(node);
	};

	/** What stands on the page of these items. */
	rows(items: readonly Item[]): Row<Item>[] {
		this.items = items;
		return rows(items, this.drawn, this.heightOf, mayChange);
	}

	/** Puts an item on the page, and about into sight. */
	async show(key: string): Promise<void> {
		if (!this.scroller) return;
		this.scroller.scrollTo({ top: beginning(this.items, this.heightOf, key), behavior: "instant" });
		this.look();
		await tick();
	}

	private look(): void {
		const { scroller } = this;
		if (!scroller) return;
		const { scrollTop, clientHeight } = scroller;
		const now = edges(this.items, this.heightOf, scrollTop, scrollTop + clientHeight);
		if (now?.first === this.drawn?.first && now?.last === this.drawn?.last) return;
		this.drawn = now;
		void this.keepFocus();
	}

	private measure(node: Element): void {
		const { item } = (node as HTMLElement).dataset;
		const gap = node.parentElement ? Number.parseFloat(getComputedStyle(node.parentElement).rowGap) : 0;
		if (item && node.isConnected) this.heights.set(item, node.getBoundingClientRect().height + (gap || 0));
	}

	/** The keyboard goes on scrolling when what had the focus has left the page. */
	private async keepFocus(): Promise<void> {
		await tick();
		if (!this.focused || this.focused.isConnected || document.activeElement !== document.body) return;
		this.focused = undefined;
		this.scroller?.focus({ preventScroll: true });
	}
}
