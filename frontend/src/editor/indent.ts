// How a text is indented, so that what is typed into it is too.

/** A tab, or as many spaces as most first steps in the text have; two where nothing is indented. */
export function indentOf(text: string): string {
	const steps = new Map<string, number>();
	let before = 0;
	for (const [, indent = ""] of text.slice(0, 50_000).matchAll(/^([ \t]*)\S/gm)) {
		if (indent.startsWith("\t")) count(steps, "\t");
		else if (indent.length > before && indent.length - before <= 8)
			count(steps, " ".repeat(indent.length - before));
		before = indent.startsWith("\t") ? 0 : indent.length;
	}
	const [most] = [...steps].sort(([, a], [, b]) => b - a);
	return most?.[0] ?? "  ";
}

function count(steps: Map<string, number>, step: string): void {
	steps.set(step, (steps.get(step) ?? 0) + 1);
}
