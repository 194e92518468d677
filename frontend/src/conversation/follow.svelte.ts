// Keeps the end of a growing text in sight, until the reader scrolls up.
import { tick } from "svelte";

/** Distance from the end that still counts as being there. */
const near = 48;

export class Follow {
	/** True while the end is kept in sight. */
	on = $state(true);
	private scroller: HTMLElement | undefined;

	/** For the element that scrolls; its first child is what grows. */
	attach = (scroller: HTMLElement) => {
		this.scroller = scroller;
		const grown = new ResizeObserver(() => this.on && this.toEnd());
		grown.observe(scroller);
		if (scroller.firstElementChild) grown.observe(scroller.firstElementChild);
		// Only a reader scrolls up; what grows, or is drawn late, leaves the end without moving.
		let top = scroller.scrollTop;
		const scrolled = () => {
			if (this.distance() < near) this.on = true;
			else if (scroller.scrollTop < top) this.on = false;
			top = scroller.scrollTop;
		};
		scroller.addEventListener("scroll", scrolled, { passive: true });
		this.toEnd();
		return () => {
			grown.disconnect();
			scroller.removeEventListener("scroll", scrolled);
		};
	};

	jump(): void {
		this.on = true;
		this.toEnd();
	}

	/** Makes a change that adds above, and puts what was in sight back where it was. */
	async hold(change: () => void): Promise<void> {
		const below = this.below();
		change();
		await tick();
		if (this.scroller && !this.on) this.scroller.scrollTop = this.scroller.scrollHeight - below;
	}

	private below(): number {
		return this.scroller ? this.scroller.scrollHeight - this.scroller.scrollTop : 0;
	}

	private distance(): number {
		return this.scroller ? this.below() - this.scroller.clientHeight : 0;
	}

	private toEnd(): void {
		this.scroller?.scrollTo({ top: this.scroller.scrollHeight, behavior: "instant" });
	}
}
