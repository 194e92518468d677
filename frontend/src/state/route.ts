// The address after the #: what is open.
import { fileAddress, placeAddress } from "../files/paths";

export type Route =
	| { at: "home" }
	| { at: "session"; id: string; seq?: number }
	| { at: "activity" }
	| { at: "file"; workspace: string; path: string; line?: number }
	| { at: "files" | "search" | "review"; workspace: string };

export function parseRoute(hash: string): Route {
	const [, place, id, seq] = hash.replace(/^#/, "").split("/");
	if (place === "s" && id) {
		const at = Number(seq);
		return { at: "session", id: decode(id), ...(at > 0 && { seq: at }) };
	}
	if (place === "f") return parseFile(hash);
	if (place === "files" || place === "search" || place === "review")
		return id ? { at: place, workspace: decode(id) } : { at: "home" };
	if (place === "activity") return { at: "activity" };
	return { at: "home" };
}

export function formatRoute(route: Route): string {
	switch (route.at) {
		case "session":
			return `#/s/${encodeURIComponent(route.id)}${route.seq === undefined ? "" : `/${route.seq}`}`;
		case "activity":
			return "#/activity";
		case "file":
			return fileAddress(route.workspace, route.path, route.line);
		case "files":
		case "search":
		case "review":
			return placeAddress(route.at, route.workspace);
		case "home":
			return "#/";
	}
}

function parseFile(hash: string): Route {
	const [address = "", query = ""] = hash.split("?");
	const [, , workspace = "", ...path] = address.split("/").map(decode);
	const line = Number(/^line=(\d{1,9})$/.exec(query)?.[1]) || undefined;
	return workspace && path.length > 0
		? { at: "file", workspace, path: path.join("/"), line }
		: { at: "home" };
}

/** The one-time token of a start-up link (#login=TOKEN). */
export function loginToken(hash: string): string | undefined {
	const token = /^#login=([^&]+)/.exec(hash)?.[1];
	return token && decode(token);
}

function decode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text; // a stray % in a typed address: there will be no such session, and that is what is said
	}
}
