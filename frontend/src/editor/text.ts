// Bytes to text and back, so that saving changes nothing but what was typed.

export const megabyte = 1024 * 1024;
/** Beyond this a file is only looked at, and only its beginning. */
export const editable = 2 * megabyte;
/** Beyond this it is not shown at all. */
export const showable = 20 * megabyte;

/** How a text was written down; it is written back the same way. */
export interface Form {
	encoding: "UTF-8" | "UTF-16" | "Windows-1252";
	/** It began with a byte order mark. */
	mark: boolean;
	/** "mixed": the text keeps its carriage returns, and each line its own end. */
	ends: "\n" | "\r\n" | "mixed";
}

export interface Decoded extends Form {
	text: string;
}

export const plainForm: Form = { encoding: "UTF-8", mark: false, ends: "\n" };

/** Undefined for what is no text. `part`: more bytes follow, and the last character may be cut in two. */
export function decode(bytes: Uint8Array, part = false): Decoded | undefined {
	const wide = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-16be";
	if (wide === "utf-16le" || (bytes[0] === 0xfe && bytes[1] === 0xff))
		return withEnds(new TextDecoder(wide).decode(bytes), { encoding: "UTF-16", mark: true });
	if (bytes.subarray(0, 8192).includes(0)) return undefined;
	const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
	try {
		const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: part });
		return withEnds(text, { encoding: "UTF-8", mark });
	} catch {
		const text = new TextDecoder("windows-1252").decode(bytes);
		return withEnds(text, { encoding: "Windows-1252", mark: false });
	}
}

function withEnds(text: string, rest: Omit<Form, "ends">): Decoded {
	if (!text.includes("\r")) return { text, ends: "\n", ...rest };
	if (/\r(?!\n)|(?<!\r)\n/.test(text)) return { text, ends: "mixed", ...rest };
	return { text: text.replaceAll("\r\n", "\n"), ends: "\r\n", ...rest };
}

/** Why a text cannot be written back without changing more than was typed; empty when it can. */
export function saveProblem(text: string, form: Form): string {
	if (form.encoding !== "UTF-8")
		return `This file is not UTF-8 but looks like ${form.encoding}. Saving it here would damage it, so it cannot be changed here.`;
	// Half of a character, which UTF-8 has no bytes for; it can only have been pasted.
	if (/\p{Surrogate}/u.test(text)) return "There is half a character in this text, which cannot be saved.";
	return "";
}

export function encode(text: string, form: Form): Uint8Array<ArrayBuffer> {
	const problem = saveProblem(text, form);
	if (problem) throw new Error(problem);
	const whole = form.ends === "\r\n" ? text.replaceAll("\n", "\r\n") : text;
	return new TextEncoder().encode(form.mark ? `\ufeff${whole}` : whole);
}

/** The first bytes of a file as a table: offset, bytes, what can be read of them. */
export function hexRows(bytes: Uint8Array): { at: string; hex: string; text: string }[] {
	const rows = [];
	for (let at = 0; at < bytes.length; at += 16) {
		const row = [...bytes.subarray(at, at + 16)];
		rows.push({
			at: at.toString(16).padStart(8, "0"),
			hex: row.map((b) => b.toString(16).padStart(2, "0")).join(" "),
			text: row.map((b) => (b > 0x20 && b < 0x7f ? String.fromCharCode(b) : "·")).join(""),
		});
	}
	return rows;
}

const pictures = new Set(["png", "jpg", "jpeg", "gif", "webp", "avif", "ico", "bmp", "svg"]);

export function isPicture(extension: string): boolean {
	return pictures.has(extension);
}
