import { expect, test } from "vitest";
import type { Session, Workspace } from "../api/wire";
import { group, merge, neighbour, titleFrom } from "./sessions";

const workspace = (name: string) => ({ name }) as Workspace;
const session = (id: string, where: string, minute: number) =>
	({ id, workspace: where, updated: `2026-11-24T12:${String(minute).padStart(2, "0")}:00Z` }) as Session;

const groups = group(
	[workspace("zoo"), workspace("empty"), workspace("app")],
	[session("1", "app", 1), session("2", "zoo", 9), session("3", "app", 5)],
);

test("groups and sessions stand by newest activity, empty workspaces last", () => {
	expect(groups.map((g) => [g.workspace, g.sessions.map((s) => s.id)])).toEqual([
		["zoo", ["2"]],
		["app", ["3", "1"]],
		["empty", []],
	]);
});

test("pinned sessions stand first, and their workspaces", () => {
	const pinned = { ...session("4", "app", 0), pinned: true };
	const list = group([], [session("1", "zoo", 9), session("2", "app", 5), pinned]);
	expect(list.map((g) => g.sessions.map((s) => s.id))).toEqual([["4", "2"], ["1"]]);
});

test("a session of a workspace that is not listed is shown all the same", () => {
	expect(group([], [session("1", "gone", 1)])).toMatchObject([{ workspace: "gone" }]);
});

test("going up and down wraps round", () => {
	expect(neighbour(groups, "2", 1)).toBe("3");
	expect(neighbour(groups, "1", 1)).toBe("2");
	expect(neighbour(groups, "2", -1)).toBe("1");
	expect(neighbour(groups, undefined, 1)).toBe("2");
	expect(neighbour(groups, undefined, -1)).toBe("1");
	expect(neighbour([], "2", 1)).toBeUndefined();
});

test("a title is the first line of a prompt, cut at a word", () => {
	expect(titleFrom("  Fix the build\nplease")).toBe("Fix the build");
	expect(titleFrom("Please explain to me how the whole governor decides which process goes")).toBe(
		"Please explain to me how the whole governor decides which…",
	);
	expect(titleFrom("x".repeat(100))).toBe(`${"x".repeat(60)}…`);
});

test("of two lists the first knows better", () => {
	const merged = merge([session("1", "app", 5)], [session("1", "app", 1), session("2", "app", 0)]);
	expect(merged.map((s) => [s.id, s.updated.slice(14, 16)])).toEqual([
		["1", "05"],
		["2", "00"],
	]);
});
