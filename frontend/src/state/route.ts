// The address after the #: what is open.

export type Route = { at: "home" } | { at: "session"; id: string } | { at: "activity" };

export function parseRoute(hash: string): Route {
	const [, place, id] = hash.replace(/^#/, "").split("/");
	if (place === "s" && id) return { at: "session", id: decode(id) };
	if (place === "activity") return { at: "activity" };
	return { at: "home" };
}

export function formatRoute(route: Route): string {
	switch (route.at) {
		case "session":
			return `#/s/${encodeURIComponent(route.id)}`;
		case "activity":
			return "#/activity";
		case "home":
			return "#/";
	}
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
