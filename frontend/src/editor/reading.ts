// Reads a file for an editor: all of it, its beginning, or only what it is.
import { filesApi } from "../files/api";
import { type Decoded, decode, editable, showable } from "./text";

export interface Content {
	etag: string;
	/** Bytes of the whole file. */
	size: number;
	/** Undefined for what is no text, or too big. */
	decoded: Decoded | undefined;
	/** Only the beginning was read. */
	part: boolean;
	huge: boolean;
	/** The first bytes. */
	head: Uint8Array;
}

const headBytes = 1024;

/** Throws ApiError. */
export async function readContent(workspace: string, path: string): Promise<Content> {
	const stop = new AbortController();
	const answer = await filesApi.read(workspace, path, stop.signal);
	const told = Number(answer.headers.get("Content-Length")) || 0;
	const bytes = told > showable ? new Uint8Array() : await beginning(answer, editable + 1);
	const part = told > editable || bytes.length > editable;
	if (part) stop.abort();
	const text = bytes.subarray(0, editable);
	const huge = told > showable;
	return {
		etag: answer.headers.get("ETag") ?? "",
		size: Math.max(told, bytes.length),
		decoded: huge ? undefined : decode(text, part),
		part,
		huge,
		head: bytes.subarray(0, headBytes),
	};
}

/** The first bytes of an answer, or all when there are fewer. */
async function beginning(answer: Response, limit: number): Promise<Uint8Array> {
	const reader = answer.body?.getReader();
	const pieces: Uint8Array[] = [];
	let length = 0;
	while (reader && length < limit) {
		const { done, value } = await reader.read();
		if (done) break;
		pieces.push(value);
		length += value.length;
	}
	const whole = new Uint8Array(length);
	let at = 0;
	for (const piece of pieces) {
		whole.set(piece, at);
		at += piece.length;
	}
	return whole.subarray(0, limit);
}
