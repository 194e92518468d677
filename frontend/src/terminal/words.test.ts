import { expect, test } from "vitest";
import type { Terminal } from "./wire";
import { exitWords, terminalTitle } from "./words";

test.each([
	[{ code: 0 }, "Ended."],
	[{ code: 2 }, "Ended with code 2."],
	[{ signal: "KILL", reason: "it was stopped at 310 MB." }, "Ended by SIGKILL: it was stopped at 310 MB."],
	[{ code: 0, signal: "SIGHUP" }, "Ended by SIGHUP."],
])("%j is %s", (exit, words) => {
	expect(exitWords(exit)).toBe(words);
});

test("a terminal is called by its title, else by its program", () => {
	const terminal = { title: "", command: ["/bin/zsh", "-l"] } as unknown as Terminal;
	expect(terminalTitle(terminal)).toBe("zsh");
	expect(terminalTitle({ ...terminal, title: "server" })).toBe("server");
	expect(terminalTitle(undefined)).toBe("Terminal");
});
