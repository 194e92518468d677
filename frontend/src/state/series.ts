// Memory over time, by the kind of its owner: what the dashboard's chart is made of. Sizes are MB, times are
// seconds since 1970. Everything here takes series and gives other series.
import type { History, Memory, OwnerKind, Status, TierName } from "../api/wire";

/** In the order stacked, from the bottom, which is that of the memory bar. */
export const kinds = ["server", "process", "tool", "terminal", "other", "cache"] as const;
export type Kind = (typeof kinds)[number];

export const kindWords: Record<Kind, string> = {
	server: "Coder1 itself",
	process: "Agents",
	tool: "Commands",
	terminal: "Terminals",
	other: "Not attributed",
	cache: "Programs and files, shared",
};

/** How things were in one span of time. */
export interface Point {
	/** When the span began. */
	readonly time: number;
	readonly used: number;
	/** The highest that was measured in it. */
	readonly peak: number;
	/** By kind, in the order of `kinds`; together they are what was used. */
	readonly parts: readonly number[];
	readonly tier: TierName;
	readonly waiting: number;
	readonly processes: number;
}

export interface Series {
	/** Length of a span in seconds. */
	readonly step: number;
	/** Oldest first. */
	readonly points: readonly Point[];
}

const MB = 1024 * 1024;

export function seriesOf(history: History): Series {
	const points = history.times.map((time, i): Point => {
		const used = history.used.mean[i] ?? 0;
		const parts = kinds.map((kind) => history.owners[kind]?.mean[i] ?? 0);
		return {
			time,
			used,
			peak: Math.max(used, history.used.max[i] ?? 0),
			parts: whole(parts, used),
			tier: history.tiers[i] as TierName,
			waiting: history.waiting[i] ?? 0,
			processes: history.processes[i] ?? 0,
		};
	});
	return { step: history.stepSeconds, points };
}

/** How things are at `ms` since 1970. */
export function pointOf({ memory, tier, queue, processes }: Status, ms: number): Point {
	const used = memory.usedBytes / MB;
	const parts = kinds.map((kind) =>
		memory.owners.reduce((sum, o) => (kindOf(o.kind) === kind ? sum + o.bytes / MB : sum), 0),
	);
	return {
		time: ms / 1000,
		used,
		peak: used,
		parts: whole(parts, used),
		tier: tier.name,
		waiting: queue.length,
		processes: processes.length,
	};
}

/** Whether some of it is recalled from before a restart: what the server itself used then is not known. */
export function isRecalled({ points }: Series): boolean {
	return points.some(({ used, parts }) => used > 0 && parts[kinds.indexOf("server")] === 0);
}

/** A newer server may have kinds that are not known here. */
function kindOf(kind: OwnerKind): Kind {
	return kinds.find((k) => k === kind) ?? "other";
}

/** Parts that are as much together as is used: what nobody claims is said to be, what is claimed twice is cut. */
function whole(parts: readonly number[], used: number): number[] {
	const claimed = parts.reduce((sum, part) => sum + part, 0);
	if (claimed > used) return parts.map((part) => (part * used) / claimed);
	return parts.map((part, i) => (kinds[i] === "other" ? part + used - claimed : part));
}

/** A series that goes on with a point, over `seconds` at most. The latest point of a span stands for it. */
export function withPoint({ step, points }: Series, point: Point, seconds: number): Series {
	const time = Math.floor(point.time / step) * step;
	const last = points.at(-1);
	const same = last?.time === time;
	const kept = points.filter((p) => p.time > time - seconds && p.time < time);
	return {
		step,
		points: [...kept, { ...point, time, peak: same ? Math.max(last.peak, point.peak) : point.peak }],
	};
}

/** A series in which a newer one takes the place of what it covers. */
export function withNewer(series: Series, newer: Series, seconds: number): Series {
	const from = newer.points[0]?.time;
	const to = newer.points.at(-1)?.time;
	if (from === undefined || to === undefined || newer.step !== series.step) return series;
	const kept = series.points.filter((p) => p.time < from && p.time > to - seconds);
	return { step: series.step, points: [...kept, ...newer.points] };
}

/** Columns as the chart draws them: times, then the top of each kind's area from the bottom up, then the peaks. */
export function columns({ step, points }: Series): (number | null)[][] {
	const all: (number | null)[][] = Array.from({ length: kinds.length + 2 }, () => []);
	let before: number | undefined;
	for (const point of points) {
		// A gap in time is a gap in the chart.
		if (before !== undefined && point.time - before > step * 2.5) row(all, before + step, null);
		let top = 0;
		row(all, point.time, [...point.parts.map((part) => (top += part)), point.peak]);
		before = point.time;
	}
	return all;
}

function row(all: (number | null)[][], time: number, values: readonly number[] | null): void {
	all[0]?.push(time);
	for (let i = 1; i < all.length; i++) all[i]?.push(values?.[i - 1] ?? null);
}

/** The point that is nearest to a time; undefined when there is none within a few spans. */
export function pointAt({ step, points }: Series, time: number): Point | undefined {
	let nearest: Point | undefined;
	for (const p of points)
		if (!nearest || Math.abs(p.time - time) < Math.abs(nearest.time - time)) nearest = p;
	return nearest && Math.abs(nearest.time - time) <= step * 2.5 ? nearest : undefined;
}

/** The same in so many rows at most, each of equal length, the newest first: means, and the highest peak. */
export function rows({ step, points }: Series, most: number): Point[] {
	const first = points[0];
	const last = points.at(-1);
	if (!first || !last) return [];
	const span = Math.ceil((last.time - first.time + step) / most / step) * step;
	const bins = new Map<number, Point[]>();
	for (const point of points) {
		const bin = Math.floor((point.time - first.time) / span);
		bins.set(bin, [...(bins.get(bin) ?? []), point]);
	}
	return [...bins.values()].map(merge).reverse();
}

const tierRank: Record<TierName, number> = { essential: 0, standard: 1, premium: 2 };

function merge(points: readonly Point[]): Point {
	const [first] = points as [Point];
	const mean = (of: (p: Point) => number) => points.reduce((sum, p) => sum + of(p), 0) / points.length;
	return {
		time: first.time,
		used: mean((p) => p.used),
		peak: Math.max(...points.map((p) => p.peak)),
		parts: kinds.map((_, i) => mean((p) => p.parts[i] ?? 0)),
		tier: points.reduce((low, p) => (tierRank[p.tier] < tierRank[low] ? p.tier : low), first.tier),
		waiting: Math.max(...points.map((p) => p.waiting)),
		processes: Math.max(...points.map((p) => p.processes)),
	};
}

/** What the chart shows, in a sentence. */
export function seriesWords({ points }: Series, memory: Memory): string {
	const last = points.at(-1);
	if (!last) return "Nothing was measured in this time.";
	const peak = Math.max(...points.map((p) => p.peak));
	const limit = Math.round(memory.hardLimitBytes / MB);
	return `Now ${Math.round(last.used)} MB; at most ${Math.round(peak)} MB in this time, of ${limit} MB that must never be used.`;
}
