import { expect, test } from "vitest";
import type { AgentProcess, Memory, MemoryOwner } from "../api/wire";
import { bands, barBytes, segments } from "./memory";

const MB = 1024 * 1024;
const owner = (name: string, kind: MemoryOwner["kind"], mb: number, session?: string): MemoryOwner => ({
	owner: name,
	kind,
	label: name,
	session,
	bytes: mb * MB,
});
const memory = (usedMB: number, owners: MemoryOwner[]): Memory => ({
	usedBytes: usedMB * MB,
	budgetBytes: 400 * MB,
	warningBytes: 300 * MB,
	panicBytes: 380 * MB,
	hardLimitBytes: 500 * MB,
	enforced: true,
	source: "test",
	level: "normal",
	owners,
});
const process = (id: number, session: string) => ({ id, session }) as AgentProcess;

test("segments stand in a row: server, each process with its tools, the rest, page cache", () => {
	const owners = [
		owner("cache", "cache", 25),
		owner("tool/2/npm", "tool", 50, "b"),
		owner("process/2", "process", 100, "b"),
		owner("process/1", "process", 50, "a"),
		owner("server", "server", 25),
	];
	const row = segments(memory(250, owners), [process(1, "a"), process(2, "b")]);
	expect(row.map((s) => s.owner)).toEqual(["server", "process/1", "process/2", "tool/2/npm", "cache"]);
	expect(row.map((s) => s.left)).toEqual([0, 5, 15, 35, 45]);
	expect(row.map((s) => s.width)).toEqual([5, 10, 20, 10, 5]);
	expect(row.map((s) => s.process?.id)).toEqual([undefined, 1, 2, 2, undefined]);
});

test("what nobody claims is shown as such", () => {
	const row = segments(memory(100, [owner("server", "server", 20)]), []);
	expect(row.map((s) => [s.kind, s.width])).toEqual([
		["server", 4],
		["other", 16],
	]);
});

test("owners that claim more than is used do not make the bar longer", () => {
	const row = segments(memory(100, [owner("server", "server", 100), owner("process/1", "process", 100)]), []);
	expect(row.map((s) => s.width)).toEqual([10, 10]);
	expect(row[1]?.bytes).toBe(100 * MB);
});

test("a hard limit that is not known draws nothing rather than nonsense", () => {
	const unknown = { ...memory(100, [owner("server", "server", 100)]), hardLimitBytes: 0 };
	expect(segments(unknown, [])[0]).toMatchObject({ left: 0, width: 0 });
});

test("bands reach from 0 to the hard limit", () => {
	expect(bands(memory(0, []))).toEqual([
		{ tier: "premium", left: 0, width: 60 },
		{ tier: "standard", left: 60, width: 16 },
		{ tier: "essential", left: 76, width: 24 },
	]);
});

test("a hard limit far away does not make everything too small to see", () => {
	const laptop = (usedMB: number) => ({ ...memory(usedMB, []), hardLimitBytes: 16_000 * MB });
	expect(barBytes(laptop(100))).toBe(512 * MB);
	expect(barBytes(laptop(700))).toBe(700 * MB);
	expect(barBytes(memory(100, []))).toBe(500 * MB);
});
