import { expect, test } from "vitest";
import {
	escaped,
	extensionOf,
	fileAddress,
	folderOf,
	foldersAbove,
	isPlain,
	isWithin,
	join,
	moved,
	nameOf,
	placeAddress,
	resolve,
} from "./paths";

test("a path is its folder and its name", () => {
	for (const path of ["a", "src/a.ts", "src/cart/total.ts"]) {
		expect(join(folderOf(path), nameOf(path))).toBe(path);
	}
	expect(foldersAbove("src/cart/total.ts")).toEqual(["", "src", "src/cart"]);
	expect(foldersAbove("a")).toEqual([""]);
});

test("a folder holds what is below it, and no neighbour with a longer name", () => {
	expect(isWithin("src/a", "src")).toBe(true);
	expect(isWithin("src", "src")).toBe(true);
	expect(isWithin("src2/a", "src")).toBe(false);
	expect(moved("src/cart/a.ts", "src", "lib")).toBe("lib/cart/a.ts");
	expect(moved("src2/a.ts", "src", "lib")).toBe("src2/a.ts");
});

test.each([
	["src", "a.ts", "src/a.ts"],
	["src", "new/a.ts", "src/new/a.ts"],
	["src", "/a.ts", "a.ts"],
	["src/cart", "../a.ts", "src/a.ts"],
	["", " b ", "b"],
	["", "./b/", "b"],
	["src", "../../a.ts", undefined],
	["src", "..", undefined],
	["src", "/", undefined],
	["src", "", undefined],
])("in %j, %j means %j", (folder, typed, path) => {
	expect(resolve(folder, typed)).toBe(path);
});

test("a name that begins with a dot has no extension", () => {
	expect(["a.test.TS", ".env", "Makefile", "a."].map(extensionOf)).toEqual(["ts", "", "", ""]);
});

test("a path that leads back has no address, since it would be resolved into another workspace's", () => {
	for (const path of ["../../x", "src/../a", "..", "./a", "."]) {
		expect(() => escaped(path), path).toThrow("no path in this workspace");
		expect(isPlain(path), path).toBe(false);
	}
	expect(escaped("..a/b../...")).toBe("..a/b../...");
	expect(["", "/a", "a/", "a//b"].filter(isPlain)).toEqual([]);
	expect(["a", ".env", "..a/b../..."].filter(isPlain)).toHaveLength(3);
});

test("hostile names stay one step of an address", () => {
	expect(fileAddress("my shop", "a b/#?%.ts", 12)).toBe("#/f/my%20shop/a%20b/%23%3F%25.ts?line=12");
	expect(placeAddress("review", "a/b")).toBe("#/review/a%2Fb");
});
