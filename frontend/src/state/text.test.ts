import { expect, test } from "vitest";
import { plain, visible } from "./text";

const esc = "\u001b";

test("plain drops terminal colours and titles", () => {
	expect(plain(`${esc}[1;31mFAIL${esc}[0m ${esc}]0;title\u0007done`)).toBe("FAIL done");
});

test("plain keeps the last state of a line that was redrawn", () => {
	expect(plain("10 %\r50 %\r100 %\nok\r\n")).toBe("100 %\nok\n");
	expect(plain("waiting\r")).toBe("waiting");
});

test("visible shows what would reorder or hide text", () => {
	expect(visible("rm \u202etxt.exe\u0000")).toBe("rm ⟨U+202E⟩txt.exe⟨U+0000⟩");
	expect(visible("a\u200bb")).toBe("a⟨U+200B⟩b");
});

test("visible leaves tabs, lines, accents and emoji alone", () => {
	const text = "a\tb\nçé 日本 👩‍💻";
	expect(visible(text)).toBe(text);
});
