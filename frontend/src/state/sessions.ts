// The list on the left: sessions under their workspaces.
import type { Session, Workspace } from "../api/wire";

export interface Group {
	workspace: string;
	sessions: Session[];
}

/** Sessions by workspace, both by newest activity but pinned ones first; workspaces without a session come last,
 * by name. */
export function group(workspaces: readonly Workspace[], sessions: readonly Session[]): Group[] {
	const groups = new Map<string, Session[]>();
	for (const session of asListed(sessions)) {
		const same = groups.get(session.workspace);
		if (same) same.push(session);
		else groups.set(session.workspace, [session]);
	}
	const names = workspaces.map((w) => w.name).sort((a, b) => a.localeCompare(b));
	for (const name of names) if (!groups.has(name)) groups.set(name, []);
	return [...groups].map(([workspace, list]) => ({ workspace, sessions: list }));
}

/** Pinned ones first, then by newest activity. */
function asListed(sessions: readonly Session[]): Session[] {
	return byActivity(sessions).sort((a, b) => (b.pinned ? 1 : 0) - (a.pinned ? 1 : 0));
}

/** Two lists as one; a session that is in both is as the first has it. */
export function merge(first: readonly Session[], second: readonly Session[]): Session[] {
	const known = new Set(first.map((s) => s.id));
	return [...first, ...second.filter((s) => !known.has(s.id))];
}

/** Newest activity first. */
export function byActivity(sessions: readonly Session[]): Session[] {
	return [...sessions].sort((a, b) => b.updated.localeCompare(a.updated) || a.id.localeCompare(b.id));
}

/** The session `step` places away in the list as shown, wrapping round. */
export function neighbour(
	groups: readonly Group[],
	id: string | undefined,
	step: 1 | -1,
): string | undefined {
	const ids = groups.flatMap((g) => g.sessions.map((s) => s.id));
	if (ids.length === 0) return undefined;
	const at = ids.indexOf(id ?? "");
	return ids[(Math.max(at, step > 0 ? -1 : 0) + step + ids.length) % ids.length];
}

/** What a session is called; one without a title has not had its first prompt. */
export function titleOf(session: Session): string {
	return session.title || "New session";
}

/** A title made of a first prompt: its first line, cut at a word. */
export function titleFrom(prompt: string): string {
	const line = prompt.trim().split("\n", 1)[0] ?? "";
	if (line.length <= 60) return line;
	const cut = line.slice(0, 60);
	const space = cut.lastIndexOf(" ");
	return `${cut.slice(0, space > 30 ? space : undefined)}…`;
}
