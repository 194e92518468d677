import { describe, expect, test } from "vitest";
import { beginning, edges, rows } from "./stretch";

const items = (n: number) => Array.from({ length: n }, (_, i) => ({ key: `k${i}` }));
const hundred = () => 100;
const never = () => false;
const keys = (all: { key: string }[]) => all.map(({ key }) => key);
const room = (all: ReturnType<typeof rows>) => all.flatMap((row) => ("height" in row ? [row.height] : []));

test("of few items all are drawn", () => {
	expect(edges([], hundred, 0, 500)).toBeUndefined();
	for (const drawn of [undefined, edges(items(40), hundred, 0, 500)])
		expect(keys(rows(items(40), drawn, hundred, never))).toEqual(keys(items(40)));
});

test("when few items become many, what the reader sees stays drawn without another look", () => {
	const drawn = edges(items(40), hundred, 500, 1000);
	const all = rows(items(41), drawn, hundred, never);
	expect(keys(all)).toEqual([...keys(items(19)), "between", ...keys(items(41).slice(33))]);
});

describe("of many items", () => {
	const many = items(1000);

	test("those in sight and close to it are drawn, and the last ones; the rest is as high as it was", () => {
		const drawn = edges(many, hundred, 50_000, 50_500);
		expect(drawn).toEqual({ first: "k490", last: "k513" });
		const all = rows(many, drawn, hundred, never);
		expect(keys(all)).toEqual(["above", ...keys(many.slice(490, 514)), "between", ...keys(many.slice(992))]);
		expect(room(all)).toEqual([49_000, 47_800]);
	});

	test("at the beginning and at the end there is no room where nothing is left out", () => {
		const top = rows(many, edges(many, hundred, 0, 500), hundred, never);
		expect(top[0]).toEqual({ key: "k0", item: { key: "k0" } });
		const end = rows(many, edges(many, hundred, 99_500, 100_000), hundred, never);
		expect(keys(end).filter((key) => !key.startsWith("k"))).toEqual(["above"]);
		expect(keys(end).at(-1)).toBe("k999");
		expect(new Set(keys(end)).size).toBe(end.length);
	});

	test("before anything is known only the end is drawn", () => {
		expect(keys(rows(many, undefined, hundred, never))).toEqual(["above", ...keys(many.slice(992))]);
	});

	test("what may still change is always there", () => {
		const all = rows(many, undefined, hundred, ({ key }) => key === "k900");
		expect(keys(all)).toEqual(["above", ...keys(many.slice(900))]);
	});

	test("an older page moves nothing: the same items stay drawn", () => {
		const drawn = edges(many, hundred, 0, 500);
		const older = [...items(50).map(({ key }) => ({ key: `old-${key}` })), ...many];
		const all = rows(older, drawn, hundred, never);
		expect(room(all)[0]).toBe(5000);
		expect(keys(all)[1]).toBe("k0");
	});

	test("all rows together are as high as all items, wherever the reader is", () => {
		const heightOf = (key: string) => (Number(key.slice(1)) % 7) * 60 + 20;
		const whole = beginning(many, heightOf, "k999") + heightOf("k999");
		for (let top = 0; top < whole; top += 7919) {
			const all = rows(many, edges(many, heightOf, top, top + 800), heightOf, never);
			const sum = all.reduce((h, row) => h + ("height" in row ? row.height : heightOf(row.key)), 0);
			expect(sum).toBe(whole);
			const seen = all.findIndex((row) => "item" in row && beginning(many, heightOf, row.key) >= top);
			expect(seen, `at ${top}`).toBeGreaterThanOrEqual(0);
		}
	});
});
