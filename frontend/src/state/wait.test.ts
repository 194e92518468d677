import { expect, test } from "vitest";
import type { Session } from "../api/wire";
import { reasonWords, waitsForAnswer } from "./wait";

const session = (state: string) => ({ state }) as Session;
const entry = { reason: "this session's previous prompt is still running" };

test("a prompt behind a question waits for the answer, and is not said to wait for anything else", () => {
	expect(reasonWords(entry, session("waiting"))).toBe("This session's agent waits for your answer first.");
	expect(reasonWords(entry, session("running"))).toBe("This session's previous prompt is still running.");
	expect(reasonWords(entry, undefined)).toBe("This session's previous prompt is still running.");
	expect(waitsForAnswer(session("waiting"))).toBe(true);
	expect(waitsForAnswer(undefined)).toBe(false);
});
