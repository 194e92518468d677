// What each kind of document is made of. Another kind is another line here; its code is loaded with the first.

import ActivityIcon from "@lucide/svelte/icons/activity";
import MessageSquare from "@lucide/svelte/icons/message-square";
import SquareTerminal from "@lucide/svelte/icons/square-terminal";
import type { Component } from "svelte";
import Activity from "../activity/Activity.svelte";
import Conversation from "../conversation/Conversation.svelte";
import type { ViewName } from "../state/layout";
import { type Doc, docOf, type Route } from "../state/route";
import { titleOf } from "../state/sessions";
import { live } from "../stores/live.svelte";
import { tabClosed } from "../terminal/actions";
import { terminalTitle } from "../terminal/words";

type Icon = Component<{ size?: number; "aria-hidden"?: "true" }>;
// biome-ignore lint/suspicious/noExplicitAny: which props a view takes is between it and its own line below
type Load = () => Promise<{ default: Component<any> }>;

export interface Pane<D> {
	icon: Icon;
	/** The name on the tab, and what is told of it on hover. */
	title(doc: D): string;
	hint?(doc: D): string;
	/** Stays as it is while another tab is in front: it holds what cannot be read from the server again. */
	keep?: boolean;
	load: Load;
	props(doc: D): Record<string, unknown>;
	/** Of a document that was marked dirty: saves it, true when that worked; throws its changes away. */
	save?(doc: D): Promise<boolean>;
	discard?(doc: D): void | Promise<void>;
	/** Its tab was closed. */
	closed?(doc: D): void;
}

type Panes = { readonly [K in Doc["at"]]?: Pane<Extract<Doc, { at: K }>> };

const panes: Panes = {
	session: {
		icon: MessageSquare,
		title: ({ id }) => {
			const session = live.session(id);
			return session ? titleOf(session) : "Session";
		},
		hint: ({ id }) => live.session(id)?.workspace ?? "",
		load: async () => ({ default: Conversation }),
		props: ({ id }) => ({ id }),
	},
	terminal: {
		icon: SquareTerminal,
		title: ({ id }) => terminalTitle(live.terminal(id)),
		hint: ({ id }) => live.terminal(id)?.workspace ?? "",
		keep: true,
		load: () => import("../terminal/TerminalPane.svelte"),
		props: ({ id }) => ({ id }),
		closed: ({ id }) => tabClosed(id),
	},
	terminals: {
		icon: SquareTerminal,
		title: () => "All terminals",
		load: () => import("../terminal/TerminalList.svelte"),
		props: () => ({}),
	},
	activity: {
		icon: ActivityIcon,
		title: () => "What's happening",
		load: async () => ({ default: Activity }),
		props: () => ({ page: true }),
	},
};

interface ViewPane {
	name: string;
	icon: Icon;
	/** Undefined for the sessions, which are always there. */
	load: Load;
}

/** What the sidebar can show besides the sessions; on a phone each is a page. */
export const viewPanes: { readonly [K in Exclude<ViewName, "sessions">]?: ViewPane } = {};

/** What a document is made of; undefined for a kind that this page does not have. */
export function paneOf(route: Route): Pane<Doc> | undefined {
	const doc = docOf(route);
	return doc && (panes[doc.at] as Pane<Doc> | undefined);
}

/** Whether the page can show an address. */
export function canShow(route: Route): boolean {
	if (route.at === "home" || route.at === "sessions") return true;
	if (route.at === "files" || route.at === "search") return viewPanes[route.at] !== undefined;
	return paneOf(route) !== undefined;
}
