import { expect, test } from "vitest";
import { withAlt, withCtrl } from "./keys";
import { isReport } from "./reports";

test.each([
	["c", "\x03"],
	["C", "\x03"],
	["[", "\x1b"],
	["@", "\0"],
	[" ", "\0"],
	["?", "\x7f"],
	["_", "\x1f"],
	["1", "1"],
	["ü", "ü"],
	["ab", "ab"],
])("Ctrl and %j is %j", (typed, sent) => {
	expect(withCtrl(typed)).toBe(sent);
});

test("Alt puts an escape before", () => {
	expect(withAlt("b")).toBe("\x1bb");
});

test.each([
	"\x1b[?1;2c",
	"\x1b[>0;276;0c",
	"\x1b[0n",
	"\x1b[12;40R",
	"\x1b[?12;40R",
	"\x1b[?2004;1$y",
	"\x1b[8;24;80t",
	"\x1b[?0u",
	"\x1b]10;rgb:ff/ff/ff\x1b\\",
	"\x1b]11;rgb:00/00/00\x07",
	"\x1bP1$r0m\x1b\\",
])("%j is an answer", (data) => {
	expect(isReport(data)).toBe(true);
});

test.each([
	"a",
	"\x1b",
	"\x1b[A",
	"\x1bOA",
	"\x1b[15~",
	"\x1b[1;5C",
	"\x1b[I",
	"\x1b[200~paste\x1b[201~",
	"\x1b[<0;10;10M",
	"\x1bb",
])("%j was typed", (data) => {
	expect(isReport(data)).toBe(false);
});
