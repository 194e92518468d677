import { expect, test } from "vitest";
import {
	activate,
	activeOf,
	close,
	closeOthers,
	focus,
	type GroupId,
	groupIds,
	groupOf,
	most,
	move,
	noTabs,
	open,
	readTabs,
	replace,
	shift,
	split,
	step,
	type Tabs,
} from "./tabs";

const opened = (...keys: string[]) => keys.reduce((tabs, key) => open(tabs, key, "editor"), noTabs);
const list = (tabs: Tabs, group: GroupId = "main") => tabs.groups[group].tabs.join(" ");

test("a new tab comes after the one that is shown", () => {
	const tabs = open(activate(opened("a", "b", "c"), "a"), "d", "editor");
	expect(list(tabs)).toBe("a d b c");
	expect(activeOf(tabs, "main")).toBe("d");
});

test("a document is open once", () => {
	const tabs = open(opened("a", "b"), "a", "panel");
	expect(list(tabs)).toBe("a b");
	expect(activeOf(tabs, "main")).toBe("a");
	expect(list(tabs, "panel")).toBe("");
});

test("closing shows what was looked at before", () => {
	const tabs = close(activate(opened("a", "b", "c"), "a"), "a");
	expect(activeOf(tabs, "main")).toBe("c");
	expect(close(close(tabs, "b"), "c")).toEqual(noTabs);
});

test("closing all others keeps the other groups", () => {
	const tabs = open(opened("a", "b", "c"), "t", "panel");
	const left = closeOthers(tabs, "b");
	expect(list(left)).toBe("b");
	expect(list(left, "panel")).toBe("t");
	expect(left.focused).toBe("main");
});

test("each area has its own place for what is opened", () => {
	const tabs = open(opened("a"), "t", "panel");
	expect(tabs.focused).toBe("panel");
	expect(list(open(tabs, "b", "editor"))).toBe("a b");
});

test("a split moves a document to the other side, and what is opened then stays on that side", () => {
	const tabs = split(opened("a", "b"), "b");
	expect([list(tabs), list(tabs, "side"), tabs.focused]).toEqual(["a", "b", "side"]);
	expect(list(open(tabs, "c", "editor"), "side")).toBe("b c");
	expect(list(split(tabs, "b"))).toBe("a b");
});

test("a half that is empty is no half", () => {
	const tabs = close(split(opened("a", "b"), "b"), "a");
	expect([list(tabs), list(tabs, "side"), tabs.focused]).toEqual(["b", "", "main"]);
	expect(list(split(opened("a"), "a"))).toBe("a");
});

test("the focus goes back to the editor with the last terminal", () => {
	const tabs = close(open(opened("a"), "t", "panel"), "t");
	expect(tabs.focused).toBe("main");
	expect(close(opened("a"), "a").focused).toBe("main");
});

test.each([
	["a", 0, "a b c"],
	["a", 1, "a b c"],
	["a", 2, "b a c"],
	["a", 3, "b c a"],
	["c", 0, "c a b"],
] as const)("dropping %s before place %d gives %s", (key, index, order) => {
	expect(list(move(opened("a", "b", "c"), key, "main", index))).toBe(order);
});

test("the keyboard moves a tab by one, not beyond the ends", () => {
	const tabs = opened("a", "b", "c");
	expect(list(shift(tabs, "b", 1))).toBe("a c b");
	expect(list(shift(tabs, "b", -1))).toBe("b a c");
	expect(shift(tabs, "c", 1)).toBe(tabs);
	expect(shift(tabs, "a", -1)).toBe(tabs);
});

test("stepping goes round", () => {
	const tabs = opened("a", "b", "c");
	expect([step(tabs, 1), step(tabs, -1)]).toEqual(["a", "b"]);
	expect(step(noTabs, 1)).toBeUndefined();
});

test("an empty group takes no focus", () => {
	const tabs = opened("a");
	expect(focus(tabs, "panel")).toBe(tabs);
	expect(focus(split(opened("a", "b"), "b"), "main").focused).toBe("main");
});

test("another document takes a tab's place", () => {
	expect(list(replace(opened("a", "b", "c"), "b", "x"))).toBe("a x c");
	const there = replace(opened("a", "b", "c"), "b", "a");
	expect([list(there), activeOf(there, "main")]).toEqual(["a c", "a"]);
});

test("beyond the most, the one unused for longest goes, but none that is held", () => {
	const keys = Array.from({ length: most }, (_, i) => `k${i}`);
	const full = opened(...keys);
	const tabs = open(full, "new", "editor", (key) => key === "k0");
	expect(tabs.groups.main.tabs).toHaveLength(most);
	expect(groupOf(tabs, "k0")).toBe("main");
	expect(groupOf(tabs, "k1")).toBeUndefined();
	const all = open(full, "new", "editor", () => true);
	expect(all.groups.main.tabs).toHaveLength(most + 1);
});

test("tabs come back from what was kept", () => {
	const tabs = open(split(opened("a", "b", "c"), "c"), "t", "panel");
	expect(readTabs(JSON.parse(JSON.stringify(tabs)), () => true)).toEqual(tabs);
});

test.each([
	[undefined],
	["text"],
	[{ groups: null }],
	[{ groups: { main: { tabs: [1, null, {}], recent: 7 }, other: 1 }, focused: "none" }],
])("kept nonsense (%j) is nothing", (kept) => {
	expect(readTabs(kept, () => true)).toEqual(noTabs);
});

test("kept tabs are mended: doubles, strangers, an empty first half, a focus on nothing", () => {
	const kept = {
		groups: { side: { tabs: ["a", "a", "?"], recent: ["z"] }, panel: { tabs: ["a", "t"] } },
		focused: "panelSide",
	};
	const tabs = readTabs(kept, (key) => key !== "?");
	expect(groupIds.map((id) => list(tabs, id))).toEqual(["a", "", "t", ""]);
	expect(activeOf(tabs, "main")).toBe("a");
	expect(tabs.focused).toBe("panel");
});
