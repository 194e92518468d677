import { expect, test } from "vitest";
import type { History, Memory, Status } from "../api/wire";
import {
	columns,
	isRecalled,
	kinds,
	type Point,
	pointAt,
	pointOf,
	rows,
	type Series,
	seriesOf,
	seriesWords,
	withNewer,
	withPoint,
} from "./series";

const MB = 1024 * 1024;

function point(time: number, used: number, more: Partial<Point> = {}): Point {
	const parts = kinds.map((kind) => (kind === "process" ? used : 0));
	return { time, used, peak: used, parts, tier: "premium", waiting: 0, processes: 1, ...more };
}

function series(...points: Point[]): Series {
	return { step: 2, points };
}

const sum = (parts: readonly number[]) => parts.reduce((a, b) => a + b, 0);

test("a history becomes points whose parts are what was used", () => {
	const zero = { mean: [0, 0], max: [0, 0] };
	const history: History = {
		now: 700,
		stepSeconds: 60,
		times: [600, 660],
		used: { mean: [100, 90], max: [130, 0] },
		owners: {
			server: { mean: [20, 40], max: [20, 40] },
			process: { mean: [50, 80], max: [60, 80] },
			tool: zero,
		},
		tiers: ["premium", "standard"],
		waiting: [0, 3],
		processes: [1, 2],
	};
	const { step, points } = seriesOf(history);
	expect(step).toBe(60);
	// Nobody claims 30 of the first; 30 of the second are claimed twice.
	expect(points[0]).toMatchObject({ time: 600, used: 100, peak: 130, parts: [20, 50, 0, 0, 30, 0] });
	expect(points[1]).toMatchObject({ peak: 90, tier: "standard", waiting: 3, processes: 2 });
	expect(points[1]?.parts.map(Math.round)).toEqual([30, 60, 0, 0, 0, 0]);
});

test("a status becomes a point; owners of one kind are one part, of an unknown kind the rest", () => {
	const owners = [
		{ owner: "server", kind: "server", label: "", bytes: 10 * MB },
		{ owner: "process/1", kind: "process", label: "", bytes: 20 * MB },
		{ owner: "process/2", kind: "process", label: "", bytes: 30 * MB },
		{ owner: "x", kind: "quantum", label: "", bytes: 5 * MB },
	];
	const status = {
		memory: { usedBytes: 70 * MB, owners },
		tier: { name: "standard" },
		queue: [1, 2],
		processes: [1],
	} as unknown as Status;
	expect(pointOf(status, 5000)).toEqual({
		time: 5,
		used: 70,
		peak: 70,
		parts: [10, 50, 0, 0, 10, 0],
		tier: "standard",
		waiting: 2,
		processes: 1,
	});
});

test("points of one span become one that keeps the peak; what is too old goes", () => {
	let s = series(point(10, 1), point(12, 2));
	s = withPoint(s, point(14.5, 300), 100);
	s = withPoint(s, point(15.9, 200), 100);
	expect(s.points.map((p) => [p.time, p.used, p.peak])).toEqual([
		[10, 1, 1],
		[12, 2, 2],
		[14, 200, 300],
	]);
	s = withPoint(s, point(111, 5), 100);
	expect(s.points.map((p) => p.time)).toEqual([12, 14, 110]);
});

test("what is recalled of the time before a restart has no part of the server's own", () => {
	const now = point(602, 90, { parts: kinds.map((kind) => (kind === "server" ? 90 : 0)) });
	expect(isRecalled(series(now))).toBe(false);
	expect(isRecalled(series(point(600, 90), now))).toBe(true);
});

test("a clock that is set back takes what would be later with it", () => {
	const s = withPoint(series(point(10, 1), point(20, 2)), point(15, 3), 100);
	expect(s.points.map((p) => p.time)).toEqual([10, 14]);
});

test("a newer series takes the place of what it covers", () => {
	const s = series(point(10, 1), point(12, 2), point(14, 3));
	const newer = series(point(12, 7), point(16, 8));
	expect(withNewer(s, newer, 100).points.map((p) => [p.time, p.used])).toEqual([
		[10, 1],
		[12, 7],
		[16, 8],
	]);
	expect(withNewer(s, newer, 5).points.map((p) => p.time)).toEqual([12, 16]);
	expect(withNewer(s, series(), 100)).toBe(s);
	expect(withNewer(s, { ...newer, step: 60 }, 100)).toBe(s);
});

test("areas are stacked from the bottom, the top one is what is used, and gaps in time stay gaps", () => {
	const parts = [10, 20, 5, 1, 4, 8];
	const [times, ...tops] = columns(
		series(point(10, 48, { parts, peak: 60 }), point(12, 48, { parts }), point(30, 9)),
	);
	expect(times).toEqual([10, 12, 14, 30]);
	expect(tops.map((top) => top[0])).toEqual([10, 30, 35, 36, 40, 48, 60]);
	expect(tops.map((top) => top[2])).toEqual(Array(7).fill(null));
	expect(tops[5]?.[3]).toBe(9);
	for (let i = 1; i < kinds.length; i++)
		expect(tops[i]?.[0]).toBeGreaterThanOrEqual(Number(tops[i - 1]?.[0]));
	expect(columns(series())).toEqual(Array(8).fill([]));
});

test("the point at a time is the nearest, and there is none in a gap", () => {
	const s = series(point(10, 1), point(12, 2), point(40, 3));
	expect(pointAt(s, 11.2)?.time).toBe(12);
	expect(pointAt(s, 36)?.time).toBe(40);
	expect(pointAt(s, 25)).toBeUndefined();
	expect(pointAt(series(), 1)).toBeUndefined();
});

test("a table has few rows, of equal length, with means and the worst", () => {
	const s = series(
		...Array.from({ length: 300 }, (_, i) =>
			point(i * 2, i < 25 ? 100 : 200, { waiting: i % 7, peak: i === 3 ? 400 : 200 }),
		),
	);
	const table = rows(s, 12);
	expect(table).toHaveLength(12);
	expect(table.map((r) => r.time)).toEqual(Array.from({ length: 12 }, (_, i) => 550 - i * 50));
	expect(table.at(-1)).toMatchObject({ used: 100, peak: 400, waiting: 6 });
	for (const r of table) expect(sum(r.parts)).toBeCloseTo(r.used);
	expect(
		rows(series(point(4, 1, { tier: "standard" }), point(5, 1, { tier: "essential" })), 1)[0]?.tier,
	).toBe("essential");
	expect(rows(series(), 12)).toEqual([]);
});

test("the chart in a sentence", () => {
	const memory = { hardLimitBytes: 512 * MB } as Memory;
	expect(seriesWords(series(point(1, 200, { peak: 340 }), point(3, 120)), memory)).toBe(
		"Now 120 MB; at most 340 MB in this time, of 512 MB that must never be used.",
	);
	expect(seriesWords(series(), memory)).toMatch(/Nothing/);
});
