import { expect, test } from "vitest";
import { fitted, readLayout, resize, usual } from "./layout";

test("a size stays within its bounds", () => {
	expect(resize(usual, "left", 20).left).toBe(200);
	expect(resize(usual, "split", 99).split).toBe(80);
	expect(resize(usual, "bottom", 300.4).bottom).toBe(300);
});

test("documents keep their room in a small window, and the choice is not forgotten", () => {
	const wide = resize(resize(usual, "left", 500), "right", 600);
	expect(fitted(wide, 1600, 900)).toEqual({ left: 500, right: 600, bottom: 0 });
	expect(fitted(wide, 1000, 900)).toEqual({ left: 500, right: 140, bottom: 0 });
	expect(fitted(wide, 300, 900)).toEqual({ left: 0, right: 0, bottom: 0 });
	expect(wide.right).toBe(600);
});

test("the panel leaves room above it, but not less than its least", () => {
	const high = { ...usual, panel: true, bottom: 800 };
	expect(fitted(high, 1600, 600).bottom).toBe(460);
	expect(fitted(high, 1600, 200).bottom).toBe(120);
});

test("what is hidden takes no room", () => {
	const bare = { ...usual, sidebar: false, activity: false };
	expect(fitted(bare, 1600, 900)).toEqual({ left: 0, right: 0, bottom: 0 });
});

test("a layout comes back from what was kept", () => {
	const mine = { ...resize(usual, "left", 300), view: "files" as const, panel: true };
	expect(readLayout(JSON.parse(JSON.stringify(mine)))).toEqual(mine);
});

test.each([[undefined], [3], [{ left: "wide", view: "x", sidebar: 1, right: Number.NaN }]])(
	"kept nonsense (%j) is as usual",
	(kept) => {
		expect(readLayout(kept)).toEqual(usual);
	},
);
