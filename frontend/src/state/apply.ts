// What a code block of an answer would make of files.
import { applyPatch, parsePatch, type StructuredPatch } from "diff";

/** Tells what a file becomes. `text` is undefined when it does not fit; then `problem` says why. */
export type Outcome = { text: string } | { text?: undefined; problem: string };

export interface FilePatch {
	path: string;
	/** The patch makes the file, rather than changing one. */
	makes: boolean;
	patch: StructuredPatch;
}

/** A path: no spaces, with an extension or a folder in it. */
const path = /^[\w@+-][\w./@+-]*$/;
const isPath = (word: string) => path.test(word) && /[./]/.test(word) && !word.includes("..");

/** The file that a block is about, as far as it says: behind its language, or in a comment on its first line. */
export function suggestedPath(info: string, code: string): string {
	const [, ...words] = info.split(/\s+/);
	const named = words.map((word) =>
		word.replace(/^(title|file|filename|path)=/, "").replace(/^["'{]+|["'}]+$/g, ""),
	);
	const first = /^\s*(?:\/\/|#|--|;|%|<!--|\/\*)\s*(?:file(?:name)?:\s*)?(\S+)/i.exec(code)?.[1] ?? "";
	return [...named, first].find(isPath) ?? "";
}

/** Whether a block is a patch rather than the content of a file. */
export function isPatch(code: string): boolean {
	return /^--- \S/m.test(code) && /^\+\+\+ \S/m.test(code) && /^@@ /m.test(code);
}

/** What a patch changes, file by file. Throws when it is none. */
export function patches(code: string): FilePatch[] {
	return parsePatch(code).flatMap((patch) => {
		const makes = patch.oldFileName === "/dev/null";
		const name = (makes ? patch.newFileName : patch.oldFileName) ?? "";
		return patch.hunks.length > 0 ? [{ path: name.replace(/^[ab]\//, ""), makes, patch }] : [];
	});
}

/** A patched file; lines that have moved are found, lines that are others are not guessed. */
export function patched(old: string, { patch }: FilePatch): Outcome {
	if (patch.newFileName === "/dev/null") return { problem: "It is to be deleted, which is done in Files." };
	const text = applyPatch(old, patch, { autoConvertLineEndings: true });
	return text === false ? { problem: "The patch does not fit what is in the file now." } : { text };
}

/** A file with a block in place of what it held, or after it. */
export function filled(old: string, code: string, way: "replace" | "append"): Outcome {
	const whole = code.endsWith("\n") || code === "" ? code : `${code}\n`;
	if (way === "replace") return { text: whole };
	return { text: old === "" || old.endsWith("\n") ? old + whole : `${old}\n${whole}` };
}
