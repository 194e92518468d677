// What each kind of document is made of. Another kind is another line here; its code is loaded with the first.

import ActivityIcon from "@lucide/svelte/icons/activity";
import FileCode from "@lucide/svelte/icons/file-code";
import Files from "@lucide/svelte/icons/files";
import Gauge from "@lucide/svelte/icons/gauge";
import GitCompare from "@lucide/svelte/icons/git-compare";
import MessageSquare from "@lucide/svelte/icons/message-square";
import Search from "@lucide/svelte/icons/search";
import SquareTerminal from "@lucide/svelte/icons/square-terminal";
import type { Component } from "svelte";
import Activity from "../activity/Activity.svelte";
import { nameOf } from "../files/paths";
import type { ViewName } from "../state/layout";
import { type Doc, docOf, parseRoute, type Route } from "../state/route";
import { titleOf } from "../state/sessions";
import { markDirty } from "../stores/dirty.svelte";
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

const editors = async () => (await import("../editor/documents.svelte")).documents;

/** Has the tabs of files that are not saved marked, also before they are looked at. */
export async function markUnsaved(): Promise<void> {
	(await editors()).onDirty(markDirty);
}

/** Loaded early by a page that opens with a session, else when the page is connected and has time. */
export const conversation = () => import("../conversation/Conversation.svelte");
if (docOf(parseRoute(location.hash))?.at === "session") void conversation();

type Panes = { readonly [K in Doc["at"]]?: Pane<Extract<Doc, { at: K }>> };

const panes: Panes = {
	session: {
		icon: MessageSquare,
		title: ({ id }) => {
			const session = live.session(id);
			return session ? titleOf(session) : "Session";
		},
		hint: ({ id }) => live.session(id)?.workspace ?? "",
		load: conversation,
		props: ({ id }) => ({ id }),
	},
	file: {
		icon: FileCode,
		title: ({ path }) => nameOf(path),
		hint: ({ workspace, path }) => `${workspace}/${path}`,
		load: async () => {
			const [pane] = await Promise.all([import("../editor/EditorPane.svelte"), markUnsaved()]);
			return pane;
		},
		props: ({ workspace, path, line }) => ({ workspace, path, line }),
		save: async ({ workspace, path }) => (await editors()).save(workspace, path),
		discard: async ({ workspace, path }) => (await editors()).discard(workspace, path),
	},
	review: {
		icon: GitCompare,
		title: ({ workspace }) => `Changes in ${workspace}`,
		load: () => import("../review/ReviewPane.svelte"),
		props: ({ workspace }) => ({ workspace }),
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
	dashboard: {
		icon: Gauge,
		title: () => "Dashboard",
		load: () => import("../dashboard/Dashboard.svelte"),
		props: () => ({}),
	},
};

interface ViewPane {
	name: string;
	icon: Icon;
	/** Undefined for the sessions, which are always there. */
	load: Load;
}

/** What the sidebar can show besides the sessions; on a phone each is a page. */
export const viewPanes: { readonly [K in Exclude<ViewName, "sessions">]?: ViewPane } = {
	files: { name: "Files", icon: Files, load: () => import("../files/FilesPane.svelte") },
	search: { name: "Search", icon: Search, load: () => import("../search/SearchPane.svelte") },
};

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
