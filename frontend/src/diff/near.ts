// Whether something is in sight or close to it, so that it is worth drawing.

/** Pixels beyond the edge of what is in sight. */
const margin = 900;

/** Tells when an element comes near and when it is far again, until the result is called. */
export function watchNear(node: HTMLElement, tell: (near: boolean) => void): () => void {
	// A margin counts for the root alone: with any other root, a scrolling part in between would cut it off.
	const root = scroller(node);
	const observer = new IntersectionObserver(([entry]) => entry && tell(entry.isIntersecting), {
		root,
		rootMargin: `${margin}px 0px`,
	});
	observer.observe(node);
	return () => observer.disconnect();
}

/** The closest part above that scrolls; null for the page. */
function scroller(node: HTMLElement): HTMLElement | null {
	for (let above = node.parentElement; above; above = above.parentElement)
		if (/auto|scroll/.test(getComputedStyle(above).overflowY)) return above;
	return null;
}
