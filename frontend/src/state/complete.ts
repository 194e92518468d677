// What is completed in the prompt box: the agent's commands after a slash at the beginning, files after an @.

export interface Wanted {
	kind: "command" | "file";
	query: string;
	/** Where the completed word begins in the text, its mark included. */
	from: number;
	to: number;
}

export interface Choice {
	/** Put in place of the word. */
	insert: string;
	name: string;
	about: string;
}

/** What is being written at the caret that can be completed. */
export function wanted(text: string, caret: number): Wanted | undefined {
	const before = text.slice(0, caret);
	const command = /^\/([\w:.-]*)$/.exec(before)?.[1];
	if (command !== undefined) return { kind: "command", query: command, from: 0, to: caret };
	const file = /(?:^|\s)@([^\s@]*)$/.exec(before)?.[1];
	if (file !== undefined) return { kind: "file", query: file, from: caret - file.length - 1, to: caret };
	return undefined;
}

/** The text with the choice in it, and where the caret goes. */
export function completed(text: string, at: Wanted, choice: Choice): { text: string; caret: number } {
	const head = `${text.slice(0, at.from)}${choice.insert} `;
	return { text: head + text.slice(at.to).replace(/^ /, ""), caret: head.length };
}

/** Commands that fit, those that begin with the query first. */
export function fitting(
	commands: readonly { name: string; description: string; argument?: string }[],
	query: string,
	most = 8,
): Choice[] {
	const wish = query.toLowerCase();
	const found = commands.filter(({ name }) => name.toLowerCase().includes(wish));
	const starts = (name: string) => (name.toLowerCase().startsWith(wish) ? 0 : 1);
	return found
		.sort((a, b) => starts(a.name) - starts(b.name) || a.name.localeCompare(b.name))
		.slice(0, most)
		.map(({ name, description, argument }) => ({
			insert: `/${name}`,
			name: argument ? `/${name} ${argument}` : `/${name}`,
			about: description,
		}));
}

/** A file's path as a choice; one with spaces is quoted. */
export function fileChoice(path: string): Choice {
	const slash = path.lastIndexOf("/");
	return {
		insert: /\s/.test(path) ? `@"${path}"` : `@${path}`,
		name: path.slice(slash + 1),
		about: slash < 0 ? "" : path.slice(0, slash),
	};
}

/** Where an attached file goes: a folder that git does not see, under a name that nothing else has. */
export function attachmentPath(name: string, now: Date): string {
	const stamp = now.toISOString().replace(/[-:]/g, "").slice(0, 15);
	const plain = name.replace(/[^\w.-]+/g, "-").replace(/^[.-]+/, "") || "file";
	return `${attachments}/${stamp}-${plain.slice(-80)}`;
}

export const attachments = ".coder1/attachments";

/** A prompt with the files that go with it. */
export function withAttachments(text: string, paths: readonly string[]): string {
	const missing = paths.filter((path) => !text.includes(path)).map((path) => `@${path}`);
	return [text.trim(), missing.join("\n")].filter((part) => part !== "").join("\n\n");
}
