// What a reader remarks on lines of a diff, until it is sent to an agent.

export interface Comment {
	id: string;
	path: string;
	/** The line in the new text, or in the old one with a minus before it. */
	place: string;
	/** The line itself, as it is in the file. */
	code: string;
	text: string;
}

/** More are not kept: a prompt of hundreds of remarks helps nobody. */
export const maxComments = 200;

/** The prompt that gives all comments to an agent. */
export function promptOf(comments: readonly Comment[]): string {
	const intro =
		comments.length === 1
			? "Please address this comment from my review:"
			: `Please address these ${comments.length} comments from my review:`;
	return [intro, ...inOrder(comments).map(quoted)].join("\n\n");
}

function quoted({ path, place, code, text }: Comment): string {
	const where = place.startsWith("-")
		? `${path}:${place.slice(1)} (a line that was removed)`
		: `${path}:${place}`;
	const fence = "`".repeat(Math.max(3, longestRun(code) + 1));
	return `${where}\n${fence}\n${code}\n${fence}\n${text.trim()}`;
}

/** The longest run of backticks, so that a fence around it can be longer. */
function longestRun(text: string): number {
	return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

function inOrder(comments: readonly Comment[]): Comment[] {
	const line = ({ place }: Comment) => Math.abs(Number(place));
	return [...comments].sort((a, b) => a.path.localeCompare(b.path) || line(a) - line(b));
}

/** The comments that were kept as JSON; none where something else is there. */
export function readComments(kept: string | undefined): Comment[] {
	try {
		const list: unknown = JSON.parse(kept ?? "[]");
		return Array.isArray(list) ? list.filter(isComment).slice(0, maxComments) : [];
	} catch {
		return [];
	}
}

function isComment(value: unknown): value is Comment {
	const fields = value as Record<keyof Comment, unknown> | null;
	const names: (keyof Comment)[] = ["id", "path", "place", "code", "text"];
	return (
		typeof fields === "object" && fields !== null && names.every((name) => typeof fields[name] === "string")
	);
}
