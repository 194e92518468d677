// Paths inside a workspace, and the addresses of the page that open them.

export function nameOf(path: string): string {
	return path.slice(path.lastIndexOf("/") + 1);
}

/** The folder a path is in; empty for the workspace itself. */
export function folderOf(path: string): string {
	return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function join(folder: string, name: string): string {
	return folder === "" ? name : `${folder}/${name}`;
}

/** Whether a path is the folder or somewhere below it. */
export function isWithin(path: string, folder: string): boolean {
	return folder === "" || path === folder || path.startsWith(`${folder}/`);
}

/** The folders above a path, outermost first; the workspace itself ("") is among them. */
export function foldersAbove(path: string): string[] {
	const parts = path.split("/").slice(0, -1);
	return ["", ...parts.map((_, i) => parts.slice(0, i + 1).join("/"))];
}

/** Where a path is after `from` became `to`. */
export function moved(path: string, from: string, to: string): string {
	return isWithin(path, from) ? to + path.slice(from.length) : path;
}

/**
 * What a reader typed for a name: as it is from the folder it is typed in, or from the workspace when it
 * begins with a slash. Undefined when it leads outside or nowhere.
 */
export function resolve(folder: string, typed: string): string | undefined {
	const text = typed.trim();
	const steps: string[] = text.startsWith("/") || folder === "" ? [] : folder.split("/");
	const words = text.split("/").filter((word) => word !== "" && word !== ".");
	if (words.length === 0) return undefined;
	for (const word of words) {
		if (word !== "..") steps.push(word);
		else if (steps.pop() === undefined) return undefined;
	}
	return steps.length === 0 ? undefined : steps.join("/");
}

/** Lower case, without the dot; empty for a name without one. */
export function extensionOf(path: string): string {
	const name = nameOf(path);
	const dot = name.lastIndexOf(".");
	return dot > 0 ? name.slice(dot + 1).toLowerCase() : "";
}

/** Whether a path names something below the workspace, step by step and without a way back. */
export function isPlain(path: string): boolean {
	return path.split("/").every((step) => !["", ".", ".."].includes(step));
}

/** A path as part of an address. Throws for "." and "..", which would make it the address of something else. */
export function escaped(path: string): string {
	const steps = path.split("/");
	if (steps.some((step) => step === "." || step === ".."))
		throw new Error(`${path} is no path in this workspace.`);
	return steps.map(encodeURIComponent).join("/");
}

/** The address of the page that opens a file, at a line if one is given. */
export function fileAddress(workspace: string, path: string, line?: number): string {
	return `#/f/${encodeURIComponent(workspace)}/${escaped(path)}${line ? `?line=${line}` : ""}`;
}

export type Place = "files" | "search" | "review";

/** The address of the page that opens a workspace's files, search or review. */
export function placeAddress(place: Place, workspace: string): string {
	return `#/${place}/${encodeURIComponent(workspace)}`;
}
