import { expect, test } from "vitest";
import { readLines } from "./ndjson";

const whole = '{"text":"grüße 🙂"}\n{"text":"a\\nb"}\n\n{"done":true}';
const values = [{ text: "grüße 🙂" }, { text: "a\nb" }, { done: true }];

test.each([1, 2, 3, 7, 1000])("values come out whole from pieces of %i bytes", async (size) => {
	const bytes = new TextEncoder().encode(whole);
	let at = 0;
	const body = new ReadableStream<Uint8Array>({
		pull(controller) {
			if (at >= bytes.length) return controller.close();
			controller.enqueue(bytes.subarray(at, at + size));
			at += size;
		},
	});
	const got: unknown[] = [];
	await readLines(body, (more) => got.push(...more));
	expect(got).toEqual(values);
});

test("a line that is no JSON is an error, not a silence", async () => {
	const body = new Response("{nonsense}\n").body;
	await expect(readLines(body!, () => {})).rejects.toThrow(SyntaxError);
});
