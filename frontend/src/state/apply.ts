// What a code block of an answer would make of files.
import { applyPatch, parsePatch, type StructuredPatch } from "diff";

/** Tells what a file becomes. `text` is undefined when it does not fit; then `problem` says why. */
export type Outcome = { text: string } | { text?: undefined; problem: string };

export interface FilePatch {
	path: string;
	/** Where it moves the file, or copies it; undefined when it stays. */
	to?: string;
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
		const from = named(patch.oldFileName);
		const to = named(patch.newFileName);
		const path = from ?? to ?? "";
		const moves = from !== undefined && to !== undefined && from !== to;
		if (patch.hunks.length === 0 && !moves && !patch.isGit) return [];
		return [{ path, ...(moves && { to }), makes: patch.oldFileName === "/dev/null", patch }];
	});
}

/** The path that a patch means by a name; undefined for none. */
function named(name: string | undefined): string | undefined {
	return name === "/dev/null" ? undefined : name?.replace(/^[ab]\//, "");
}

/** A path that a patch is about more than once, if there is one: its parts would be applied apart. */
export function repeated(files: readonly FilePatch[]): string | undefined {
	const paths = files.map((file) => file.path);
	return paths.find((one, i) => paths.indexOf(one) < i);
}

/**
 * A patched file; `old` is undefined when there is none yet. Lines that have moved are found, lines that are others
 * are not guessed.
 */
export function patched(old: string | undefined, { patch, to, makes }: FilePatch): Outcome {
	if (patch.newFileName === "/dev/null") return { problem: "It is to be deleted, which is done in Files." };
	if (to !== undefined) return { problem: `It is to become ${to}, which is done in Files.` };
	const { newMode = "100644", oldMode = "100644" } = patch;
	if (newMode !== oldMode)
		return { problem: `It is to have the mode ${newMode}, which is given in a terminal.` };
	if (patch.hunks.length === 0)
		return { problem: "The patch says nothing of its lines: it is empty, or binary." };
	if (makes && old !== undefined) return { problem: "The patch makes this file, and there is one already." };
	const text = applyPatch(old ?? "", patch, { autoConvertLineEndings: true });
	return text === false ? { problem: "The patch does not fit what is in the file now." } : { text };
}

/** A file with a block in place of what it held, or after it. */
export function filled(old: string, code: string, way: "replace" | "append"): Outcome {
	const whole = code.endsWith("\n") || code === "" ? code : `${code}\n`;
	if (way === "replace") return { text: whole };
	return { text: old === "" || old.endsWith("\n") ? old + whole : `${old}\n${whole}` };
}
