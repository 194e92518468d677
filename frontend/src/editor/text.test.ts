import { expect, test } from "vitest";
import { decode, encode, hexRows, plainForm, saveProblem } from "./text";

const bytes = (text: string) => new TextEncoder().encode(text);

test.each(["", "a", "a\n", "a\nb", "a\r\nb\r\n", "a\rb", "a\r\nb\nc\r", "\ufeffa\r\n", "ü🙂\n\n", "\ufeff"])(
	"%j is saved as it was read",
	(text) => {
		const read = decode(bytes(text));
		expect(encode(read!.text, read!)).toEqual(bytes(text));
	},
);

test("what is typed into a file with Windows line ends gets them too", () => {
	const read = decode(bytes("a\r\nb"))!;
	expect(read).toMatchObject({ text: "a\nb", ends: "\r\n" });
	expect(encode(`${read.text}\nc`, read)).toEqual(bytes("a\r\nb\r\nc"));
});

test("a file with both keeps each line's own", () => {
	expect(decode(bytes("a\r\nb\n"))).toMatchObject({ text: "a\r\nb\n", ends: "mixed" });
});

test("what is not UTF-8 is shown and never saved", () => {
	const read = decode(new Uint8Array([0x63, 0x61, 0x66, 0xe9]))!;
	expect(read).toMatchObject({ text: "café", encoding: "Windows-1252" });
	expect(saveProblem(read.text, read)).toMatch(/Windows-1252/);
	expect(() => encode(read.text, read)).toThrow(/damage/);
	expect(decode(new Uint8Array([0xff, 0xfe, 0x61, 0]))).toMatchObject({ text: "a", encoding: "UTF-16" });
	expect(decode(new Uint8Array([0xfe, 0xff, 0, 0x61]))).toMatchObject({ text: "a", encoding: "UTF-16" });
});

test("half a pasted character is not saved as another one", () => {
	expect(saveProblem("a\ud83d", plainForm)).toMatch(/half a character/);
	expect(saveProblem("a🙂", plainForm)).toBe("");
});

test("bytes that are no text", () => {
	expect(decode(new Uint8Array([0x89, 0x50, 0, 1]))).toBeUndefined();
});

test("a part may end in the middle of a character", () => {
	const cut = bytes("aü").subarray(0, 2);
	expect(decode(cut, true)).toMatchObject({ text: "a", encoding: "UTF-8" });
	expect(decode(cut)?.encoding).toBe("Windows-1252");
});

test("bytes as a table", () => {
	const rows = hexRows(bytes("PNG <b>\nabcdefghij"));
	expect(rows).toEqual([
		{ at: "00000000", hex: "50 4e 47 20 3c 62 3e 0a 61 62 63 64 65 66 67 68", text: "PNG·<b>·abcdefgh" },
		{ at: "00000010", hex: "69 6a", text: "ij" },
	]);
});
