// The address after the #: what is open. A document is an address with a tab of its own.

/** What a tab can hold. `seq` and `line` are places inside; they make no other document. */
export type Doc =
	| { at: "session"; id: string; seq?: number }
	| { at: "file"; workspace: string; path: string; line?: number }
	| { at: "terminal"; id: string }
	| { at: "terminals" }
	| { at: "review"; workspace: string }
	| { at: "activity" }
	| { at: "dashboard" };

/** What stands beside the documents where there is room, and is a page of its own on a phone. */
export type View =
	| { at: "sessions" }
	| { at: "files"; workspace: string }
	| { at: "search"; workspace: string };

export type Route = { at: "home" } | View | Doc;

export function parseRoute(hash: string): Route {
	const [, place = "", ...rest] = hash.replace(/^#/, "").split("/");
	const [first = ""] = rest;
	const name = decode(first);
	switch (place) {
		case "sessions":
		case "terminals":
		case "activity":
		case "dashboard":
			return { at: place };
		case "s":
			return name ? sessionRoute(name, rest[1]) : { at: "home" };
		case "t":
			return name ? { at: "terminal", id: name } : { at: "home" };
		case "f":
			return name && rest[1] ? fileRoute(name, rest.slice(1)) : { at: "home" };
		case "files":
		case "search":
			return { at: place, workspace: name };
		case "review":
			return name ? { at: "review", workspace: name } : { at: "home" };
		default:
			return { at: "home" };
	}
}

export function formatRoute(route: Route): string {
	switch (route.at) {
		case "home":
			return "#/";
		case "sessions":
		case "terminals":
		case "activity":
		case "dashboard":
			return `#/${route.at}`;
		case "session":
			return `#/s/${encodeURIComponent(route.id)}${route.seq === undefined ? "" : `/${route.seq}`}`;
		case "terminal":
			return `#/t/${encodeURIComponent(route.id)}`;
		case "file": {
			const path = route.path.split("/").map(encodeURIComponent).join("/");
			const line = route.line === undefined ? "" : `?line=${route.line}`;
			return `#/f/${encodeURIComponent(route.workspace)}/${path}${line}`;
		}
		case "files":
		case "search":
		case "review":
			return `#/${route.at}/${encodeURIComponent(route.workspace)}`;
	}
}

/** The document that an address is about; undefined for home and the views. */
export function docOf(route: Route): Doc | undefined {
	switch (route.at) {
		case "session":
			return { at: "session", id: route.id };
		case "file":
			return { at: "file", workspace: route.workspace, path: route.path };
		case "home":
		case "sessions":
		case "files":
		case "search":
			return undefined;
		default:
			return route;
	}
}

/** What a document is called among the tabs: its address, without a place inside. */
export function keyOf(route: Route): string | undefined {
	const doc = docOf(route);
	return doc && formatRoute(doc);
}

/** The one-time token of a start-up link (#login=TOKEN), and where to go with it (&to=ADDRESS; else home). */
export function loginLink(hash: string): { token: string; to: Route } | undefined {
	const [, token, to = ""] = /^#login=([^&]+)(?:&to=([^&]*))?/.exec(hash) ?? [];
	return token ? { token: decode(token), to: parseRoute(decode(to)) } : undefined;
}

function sessionRoute(id: string, seq: string | undefined): Route {
	return seq && /^\d{1,15}$/.test(seq) ? { at: "session", id, seq: Number(seq) } : { at: "session", id };
}

/** A line follows the path as a query; a question mark of the path itself is escaped. */
function fileRoute(workspace: string, parts: readonly string[]): Route {
	const [escaped = "", query = ""] = parts.join("/").split("?");
	const path = escaped.split("/").map(decode).join("/");
	const line = /^line=(\d{1,9})$/.exec(query)?.[1];
	return line ? { at: "file", workspace, path, line: Number(line) } : { at: "file", workspace, path };
}

function decode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text; // a stray % in a typed address: there will be no such thing, and that is what is said
	}
}
