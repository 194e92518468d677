import { expect, test } from "vitest";
import {
	emptyTree,
	foundRows,
	isFolder,
	moveProblem,
	rowsOf,
	stepOf,
	type Tree,
	touched,
	withLevel,
	withOpen,
	withoutFolder,
} from "./tree";
import type { Entry, Level } from "./wire";

const all = { hidden: true, ignored: true };

function level(path: string, ...names: string[]): Level {
	const entries = names.map((text): Entry => {
		const dir = text.endsWith("/");
		const name = dir ? text.slice(0, -1) : text;
		const kind = dir ? "dir" : "file";
		return { name, path: path === "" ? name : `${path}/${name}`, kind, size: 1, modified: "" };
	});
	return { path, entries, truncated: false };
}

/** src/ (cart/ (total.ts), app.ts), readme — both folders unfolded */
function sample(): Tree {
	let tree = withLevel(emptyTree, level("", "src/", ".env", "readme"));
	tree = withLevel(tree, level("src", "cart/", "app.ts"));
	tree = withLevel(tree, level("src/cart", "total.ts"));
	return withOpen(withOpen(tree, "src", true), "src/cart", true);
}

const drawn = (tree: Tree, shown = all) =>
	rowsOf(tree, shown).map(({ entry, depth }) => `${"  ".repeat(depth - 1)}${entry.name}`);

test("what git keeps for itself is no row, whatever else is shown", () => {
	const tree = withLevel(sample(), level("src", ".git", "cart/", ".gitignore"));
	const root = withLevel(tree, level("", ".git/", "src/"));
	expect(drawn(root)).toEqual(["src", "  cart", "    total.ts", "  .gitignore"]);
});

test("rows are what is unfolded, in order", () => {
	expect(drawn(sample())).toEqual(["src", "  cart", "    total.ts", "  app.ts", ".env", "readme"]);
	expect(drawn(withOpen(sample(), "src", false))).toEqual(["src", ".env", "readme"]);
});

test("a row says its place among those shown, and whether its level is on the way", () => {
	const tree = withOpen(withLevel(emptyTree, level("", "src/", ".env", "readme")), "src", true);
	const rows = rowsOf(tree, { hidden: false, ignored: true });
	expect(rows.map(({ at, of, loading, open }) => [at, of, loading, open])).toEqual([
		[1, 2, true, true],
		[2, 2, false, undefined],
	]);
});

test("what git ignores can be left out", () => {
	const root = level("", "dist/", "readme");
	root.entries[0]!.git = "ignored";
	expect(drawn(withLevel(emptyTree, root), { hidden: true, ignored: false })).toEqual(["readme"]);
});

test("a folder that is gone from a level is forgotten with all below; its namesake elsewhere stays", () => {
	const tree = withLevel(sample(), level("src", "cartoon/", "app.ts"));
	expect([...tree.levels.keys()]).toEqual(["", "src"]);
	expect([...tree.open]).toEqual(["src"]);
	expect([...withoutFolder(sample(), "src").levels.keys()]).toEqual([""]);
});

test("changes touch the levels that were read, up to the top, because marks go up", () => {
	const tree = sample();
	expect(touched(tree, [{ path: "src/cart/new.ts", kind: "created" }])).toEqual(["", "src", "src/cart"]);
	expect(touched(tree, [{ path: "lib/deep/x", kind: "created" }])).toEqual([""]);
	expect(touched(tree, [])).toEqual([]);
});

test("what is a folder is known from its own level, its parent's, or because it was unfolded", () => {
	const tree = withOpen(withLevel(emptyTree, level("", "src/", "readme")), "fresh", true);
	expect(["", "src", "fresh", "readme", "other"].map((path) => isFolder(tree, path))).toEqual([
		true,
		true,
		true,
		false,
		false,
	]);
});

test("found paths are rows by themselves, with the marks the tree knows", () => {
	const root = level("", "readme");
	root.entries[0]!.git = "modified";
	const rows = foundRows(withLevel(emptyTree, root), ["readme", "src/app.ts"]);
	expect(rows.map(({ entry }) => [entry.name, entry.git])).toEqual([
		["readme", "modified"],
		["app.ts", undefined],
	]);
});

const press = (key: string, more = {}) => ({ key, ctrl: false, shift: false, alt: false, ...more });

test("arrows walk, unfold, fold and go to the parent", () => {
	const tree = sample();
	const rows = rowsOf(tree, all);
	const step = (key: string, at: number) => stepOf(press(key), rows, at, 10);
	expect(step("ArrowDown", 0)).toEqual({ go: 1 });
	expect(step("ArrowDown", 5)).toEqual({ go: 5 });
	expect(step("ArrowUp", 0)).toEqual({ go: 0 });
	expect(step("End", 0)).toEqual({ go: 5 });
	expect(step("PageUp", 5)).toEqual({ go: 0 });
	expect(step("ArrowRight", 0)).toEqual({ go: 1 });
	expect(step("ArrowRight", 2)).toBeUndefined();
	expect(step("ArrowLeft", 2)).toEqual({ go: 1 });
	expect(step("ArrowLeft", 1)).toEqual({ fold: "src/cart" });
	expect(step("ArrowLeft", 5)).toBeUndefined();
	const folded = rowsOf(withOpen(tree, "src", false), all);
	expect(stepOf(press("ArrowRight"), folded, 0, 10)).toEqual({ unfold: "src" });
});

test("letters go to the next name that begins with them, and round", () => {
	const rows = rowsOf(sample(), all);
	expect(stepOf(press("A"), rows, 0, 10)).toEqual({ go: 3 });
	expect(stepOf(press("s"), rows, 3, 10)).toEqual({ go: 0 });
	expect(stepOf(press("q"), rows, 0, 10)).toBeUndefined();
});

test("keys that do something to the row; those with Alt are the page's", () => {
	const rows = rowsOf(sample(), all);
	expect(stepOf(press("x", { ctrl: true }), rows, 0, 10)).toEqual({ cut: true });
	expect(stepOf(press("v", { ctrl: true }), rows, 0, 10)).toEqual({ paste: true });
	expect(stepOf(press("s", { ctrl: true }), rows, 0, 10)).toBeUndefined();
	expect(stepOf(press("F10", { shift: true }), rows, 0, 10)).toEqual({ menu: true });
	expect(stepOf(press("F10"), rows, 0, 10)).toBeUndefined();
	expect(stepOf(press("ArrowUp", { alt: true }), rows, 3, 10)).toBeUndefined();
});

test("nothing moves into itself or to where it is", () => {
	expect(moveProblem("src", "src/cart")).toMatch(/itself/);
	expect(moveProblem("src", "src")).toMatch(/itself/);
	expect(moveProblem("src/app.ts", "src")).toMatch(/already/);
	expect(moveProblem("src/app.ts", "")).toBe("");
	expect(moveProblem("src", "src2")).toBe("");
});
