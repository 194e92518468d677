// Unified diffs of chosen hunks, as `git apply` takes them.
import type { DiffFile, Hunk } from "./wire";

/**
 * The patch of some hunks of a file. The side that it is applied to keeps its line numbers: the old one,
 * or the new one for a patch that is to be applied in reverse. Hunks that are left out shift the other side.
 */
export function patchOf(file: DiffFile, chosen: readonly Hunk[], reverse: boolean): string {
	let shift = 0;
	const hunks = file.hunks.flatMap((hunk) => {
		if (chosen.includes(hunk)) return [hunkText(hunk, shift, reverse)];
		shift += reverse ? hunk.newLines - hunk.oldLines : hunk.oldLines - hunk.newLines;
		return [];
	});
	const [from, to] = [quoted(`a/${file.oldPath ?? file.path}`), quoted(`b/${file.path}`)];
	return `diff --git ${from} ${to}\n--- ${ended(from)}\n+++ ${ended(to)}\n${hunks.join("")}`;
}

function hunkText(hunk: Hunk, shift: number, reverse: boolean): string {
	const oldStart = hunk.oldStart + (reverse ? shift : 0);
	const newStart = hunk.newStart + (reverse ? 0 : shift);
	const head = `@@ -${oldStart},${hunk.oldLines} +${newStart},${hunk.newLines} @@`;
	return `${[head, ...hunk.lines].join("\n")}\n`;
}

const short: Record<string, string> = { "\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\" };

/** A name as git writes it: in quotes when something in it would end it. */
function quoted(name: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	const special = /[\u0000-\u001f\u007f"\\]/g;
	if (!special.test(name)) return name;
	const octal = (c: string) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`;
	return `"${name.replace(special, (c) => short[c] ?? octal(c))}"`;
}

/** A name with a space ends with a tab, or what follows the space could be taken for a date. */
function ended(name: string): string {
	return name.includes(" ") && !name.startsWith('"') ? `${name}\t` : name;
}
