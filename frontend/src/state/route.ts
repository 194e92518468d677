// The address after the #: what is open.

export type Route = { at: "home" } | { at: "session"; id: string; seq?: number } | { at: "activity" };

export function parseRoute(hash: string): Route {
	const [, place, id, seq] = hash.replace(/^#/, "").split("/");
	if (place === "s" && id) {
		const at = Number(seq);
		return { at: "session", id: decode(id), ...(at > 0 && { seq: at }) };
	}
	if (place === "activity") return { at: "activity" };
	return { at: "home" };
}

export function formatRoute(route: Route): string {
	switch (route.at) {
		case "session":
			return `#/s/${encodeURIComponent(route.id)}${route.seq === undefined ? "" : `/${route.seq}`}`;
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
