import { expect, test } from "vitest";
import { sizeWords } from "./words";

test.each([
	[0, "0 B"],
	[840, "840 B"],
	[1023, "1023 B"],
	[1024, "1.0 KB"],
	[10_240, "10 KB"],
	[1024 * 1024 - 1, "1.0 MB"],
	[34 * 1024 * 1024, "34 MB"],
	[3 * 1024 ** 4, "3.0 TB"],
])("%i bytes are %s", (bytes, words) => {
	expect(sizeWords(bytes)).toBe(words);
});
