// JSON values, a line each, out of a stream that is cut anywhere.

export class Lines<T> {
	private rest = "";

	/** The values that are complete with this piece. */
	push(piece: string): T[] {
		const lines = (this.rest + piece).split("\n");
		this.rest = lines.pop() ?? "";
		return lines.filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as T);
	}

	/** The value of a last line without an end, if there is one. */
	end(): T[] {
		return this.push("\n");
	}
}

/** Gives the values of an answer's body to `take` as they come. */
export async function readLines<T>(
	body: ReadableStream<Uint8Array>,
	take: (values: T[]) => void,
): Promise<void> {
	const lines = new Lines<T>();
	const decoder = new TextDecoder();
	const reader = body.getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		take(lines.push(decoder.decode(value, { stream: true })));
	}
	take(lines.end());
}
