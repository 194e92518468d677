// Which part of a long conversation is on the page: what is in sight or close to it, and its end. The rest is room
// of the height that it had when it was there, or is taken to have.

/** As many items as can all be on the page, where the browser finds and selects them, at no cost to speak of. */
const few = 40;
/** So many of the last items are always there: they are what changes. */
const last = 8;
/** Pixels beyond what is in sight that are drawn. */
const margin = 900;
/** Pixels that an item is taken to be high before it was drawn. */
const usual = 320;

export interface Keyed {
	readonly key: string;
}

/** The first and the last item that are drawn, by their keys, whatever comes before or after them meanwhile. */
export interface Edges {
	readonly first: string;
	readonly last: string;
}

/** An item that is drawn, or room in place of those that are not. */
export type Row<T> = { key: string; item: T } | { key: string; height: number };

/** The pixels that an item takes, with the gap after it. */
export type HeightOf = (key: string) => number | undefined;

/**
 * What is drawn when the reader sees the pixels from `top` to `bottom`; undefined when there is nothing. Few items are
 * all drawn whatever it says, but it holds from the moment that they are more.
 */
export function edges(
	items: readonly Keyed[],
	heightOf: HeightOf,
	top: number,
	bottom: number,
): Edges | undefined {
	if (items.length === 0) return undefined;
	let y = 0;
	let from: number | undefined;
	let to = items.length - 1;
	for (const [i, { key }] of items.entries()) {
		y += heightOf(key) ?? usual;
		if (from === undefined && y >= top - margin) from = i;
		if (y < bottom + margin) continue;
		to = i;
		break;
	}
	const at = (i: number) => items[i]?.key ?? "";
	return { first: at(from ?? items.length - 1), last: at(to) };
}

/** The rows that stand on the page. `live` tells of an item that it may still change, and has to be there. */
export function rows<T extends Keyed>(
	items: readonly T[],
	drawn: Edges | undefined,
	heightOf: HeightOf,
	live: (item: T) => boolean,
): Row<T>[] {
	const place = (item: T) => ({ key: item.key, item });
	if (items.length <= few) return items.map(place);
	const from = drawn ? items.findIndex(({ key }) => key === drawn.first) : -1;
	const to = drawn ? items.findLastIndex(({ key }) => key === drawn.last) : -1;
	const alive = items.findIndex(live);
	const end = Math.min(items.length - last, alive < 0 ? items.length : alive);
	const room = (key: string, start: number, stop: number): Row<T>[] => {
		const height = items.slice(start, stop).reduce((sum, item) => sum + (heightOf(item.key) ?? usual), 0);
		return height > 0 ? [{ key, height }] : [];
	};
	if (from < 0 || to < from || from >= end) return [...room("above", 0, end), ...items.slice(end).map(place)];
	const until = Math.min(to + 1, end);
	return [
		...room("above", 0, from),
		...items.slice(from, until).map(place),
		...room("between", until, end),
		...items.slice(end).map(place),
	];
}

/** Where an item begins, in pixels from the beginning. */
export function beginning(items: readonly Keyed[], heightOf: HeightOf, key: string): number {
	const before = items.slice(
		0,
		Math.max(
			0,
			items.findIndex((item) => item.key === key),
		),
	);
	return before.reduce((sum, item) => sum + (heightOf(item.key) ?? usual), 0);
}
