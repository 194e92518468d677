// Files as a code block would change them: read, shown, and written when the reader agrees.
import { ApiError } from "../api/client";
import { documents } from "../editor/documents.svelte";
import { readContent } from "../editor/reading";
import { encode, type Form, plainForm, saveProblem } from "../editor/text";
import { filesApi, type Unless } from "../files/api";
import { isPlain } from "../files/paths";
import { filled, type Outcome, patched, patches, repeated } from "../state/apply";

export interface Target {
	path: string;
	/** There is no such file yet. */
	fresh: boolean;
	old: string;
	/** What it becomes. */
	now: string;
	form: Form;
	unless: Unless;
}

/** Why something cannot be applied, in words for the reader. */
export class NotApplied extends Error {
	/** The paths that were written before that. */
	readonly written: readonly string[];

	constructor(why: string, written: readonly string[] = []) {
		super(why);
		this.written = written;
	}
}

/** What a patch makes of the workspace's files, but for those it was `written` to. Throws NotApplied. */
export async function ofPatch(
	workspace: string,
	code: string,
	written: readonly string[],
): Promise<Target[]> {
	const all = readable(code);
	const twice = repeated(all);
	if (twice !== undefined) throw new NotApplied(`${twice}: the patch has more than one part for it`);
	const files = all.filter(({ path }) => !written.includes(path));
	return Promise.all(files.map((file) => target(workspace, file.path, (old) => patched(old, file))));
}

function readable(code: string) {
	try {
		return patches(code);
	} catch (e) {
		throw new NotApplied(`This is no patch that can be read: ${e instanceof Error ? e.message : "unknown"}`);
	}
}

/** What a block makes of one file. Throws NotApplied. */
export async function ofBlock(
	workspace: string,
	path: string,
	code: string,
	way: "replace" | "append",
): Promise<Target[]> {
	return [await target(workspace, path, (old = "") => filled(old, code, way))];
}

/** Writes what was shown. Throws NotApplied for the first file that cannot be written; those before it are. */
export async function apply(workspace: string, targets: readonly Target[]): Promise<void> {
	const written: string[] = [];
	for (const { path, now, form, unless } of targets) {
		try {
			await filesApi.write(workspace, path, encode(now, form), unless);
		} catch (e) {
			const before = written.length > 0 ? `. Written before it: ${written.join(", ")}.` : "";
			throw new NotApplied(`${path}: ${unwritten(e)}${before}`, written);
		}
		written.push(path);
	}
}

/** Why a file was not written, without a full stop. */
function unwritten(e: unknown): string {
	if (!(e instanceof ApiError)) return "it could not be written";
	return e.status === 412 ? "it has just been changed; look again" : e.message.replace(/\.$/, "");
}

async function target(
	workspace: string,
	path: string,
	make: (old: string | undefined) => Outcome,
): Promise<Target> {
	const refuse = (why: string) => {
		throw new NotApplied(`${path}: ${why}`);
	};
	if (!isPlain(path)) return refuse("it is no path in this workspace");
	if (documents.isDirty(workspace, path)) return refuse("it is open with changes that are not saved");
	const found = await content(workspace, path);
	if (found && (!found.decoded || found.part)) return refuse("it is no text, or too large");
	const form: Form = found?.decoded ?? plainForm;
	const old = found?.decoded?.text;
	const made = make(old);
	if (made.text === undefined) return refuse(made.problem);
	const problem = saveProblem(made.text, form);
	if (problem) return refuse(problem);
	const unless: Unless = found ? { etag: found.etag } : "missing";
	return { path, fresh: !found, old: old ?? "", now: made.text, form, unless };
}

async function content(workspace: string, path: string) {
	try {
		return await readContent(workspace, path);
	} catch (e) {
		if (e instanceof ApiError && e.status === 404) return undefined;
		throw new NotApplied(e instanceof ApiError ? `${path}: ${e.message}` : "It could not be read.");
	}
}
