// The workbench: which documents are open and where, and how the page is laid out. The address bar always names
// the document that has the focus; whoever wants another one shown goes to its address.

import { type Edge, type Layout, readLayout, resize, usual } from "../state/layout";
import { type Doc, formatRoute, keyOf, parseRoute, type Route } from "../state/route";
import * as tab from "../state/tabs";
import { dirty } from "./dirty.svelte";
import { narrow } from "./layout.svelte";
import { live } from "./live.svelte";
import { router } from "./route.svelte";
import { keep, recallJSON } from "./storage";

class Workbench {
	tabs = $state.raw<tab.Tabs>(tab.noTabs);
	layout = $state.raw<Layout>(usual);
	/** The workspace that the sidebar's files and search are of; empty before one was looked at. */
	workspace = $state("");
	/** The reader has closed everything, and nothing opens by itself. */
	resting = $state(false);
	/** Terminals whose bell rang while they were not in sight. */
	rang = $state.raw<ReadonlySet<string>>(new Set());
	private user = "";
	private known: (route: Route) => boolean = () => false;

	/** Brings back what this user had open. `known` tells what this page can show. */
	load(user: string, known: (route: Route) => boolean): void {
		this.user = user;
		this.known = known;
		const kept = recallJSON(`workbench.${user}`) as { tabs?: unknown; layout?: unknown } | undefined;
		this.tabs = tab.readTabs(kept?.tabs, (key) => keyOf(parseRoute(key)) === key && known(parseRoute(key)));
		this.layout = readLayout(kept?.layout);
	}

	/** The document with the focus. */
	get focused(): string | undefined {
		return tab.activeOf(this.tabs, this.tabs.focused);
	}

	/** Whether a file is open, in front or not. */
	get hasFiles(): boolean {
		const keys = Object.values(this.tabs.groups).flatMap(({ tabs }) => tabs);
		return keys.some((key) => parseRoute(key).at === "file");
	}

	/** What the focused group shows, else the editor: the session that shortcuts speak of. */
	get session(): string | undefined {
		for (const group of [this.tabs.focused, "main", "side"] as const) {
			const route = parseRoute(tab.activeOf(this.tabs, group) ?? "");
			if (route.at === "session") return route.id;
		}
		return undefined;
	}

	/** Whether a document is in front of the reader. */
	shows(key: string): boolean {
		const group = tab.groupOf(this.tabs, key);
		if (!group || tab.activeOf(this.tabs, group) !== key) return false;
		if (narrow.current) return keyOf(router.route) === key;
		return tab.areaOf(group) === "editor" || this.layout.panel;
	}

	/** Follows the address bar. */
	show(route: Route): void {
		if (!this.known(route)) return this.home();
		switch (route.at) {
			case "home":
				return this.home();
			case "sessions":
			case "files":
			case "search":
				if (narrow.current) return;
				if (route.at !== "sessions" && route.workspace) this.workspace = route.workspace;
				this.arrange({ view: route.at, sidebar: true });
				return this.home();
			default:
				return this.open(route);
		}
	}

	/** Brings a tab to the front. */
	activate(key: string): void {
		if (keyOf(router.route) !== key) location.hash = key;
	}

	/** Gives the focus to a group, when the reader has gone there. */
	focus(group: tab.GroupId): void {
		const tabs = tab.focus(this.tabs, group);
		if (tabs !== this.tabs) this.set(tabs);
	}

	/** Shows the tab `by` places away. */
	step(by: 1 | -1): void {
		const key = tab.step(this.tabs, by);
		if (key) this.activate(key);
	}

	/** Moves the tab that is shown by one place. */
	shift(by: 1 | -1): void {
		if (this.focused) this.set(tab.shift(this.tabs, this.focused, by));
	}

	split(key = this.focused): void {
		if (key) this.set(tab.split(this.tabs, key));
	}

	move(key: string, to: tab.GroupId, index: number): void {
		if (tab.areaOf(to) === "panel") this.arrange({ panel: true });
		this.set(tab.move(this.tabs, key, to, index));
	}

	/** Closes the others of the same group, except those with changes that are not written. */
	closeOthers(key: string): void {
		const group = tab.groupOf(this.tabs, key);
		if (!group) return;
		const others = this.tabs.groups[group].tabs.filter((other) => other !== key && !dirty.has(other));
		this.set(tab.activate(others.reduce(tab.close, this.tabs), key));
	}

	close(key: string): void {
		dirty.delete(key);
		this.set(tab.close(this.tabs, key));
	}

	/** Puts a document in another's tab. */
	replace(key: string, doc: Doc): void {
		this.set(tab.replace(this.tabs, key, formatRoute(doc)));
	}

	arrange(change: Partial<Layout>): void {
		this.layout = { ...this.layout, ...change };
		this.keep();
	}

	resize(edge: Edge, size: number): void {
		this.layout = resize(this.layout, edge, size);
		this.keep();
	}

	/** Shows or hides the panel below; the focus goes with it. */
	showPanel(panel: boolean): void {
		this.arrange({ panel });
		this.focus(panel ? "panel" : "main");
	}

	ring(key: string): void {
		if (!this.rang.has(key)) this.rang = new Set([...this.rang, key]);
	}

	/** The reader has seen what a bell wanted to tell. */
	heard(key: string): void {
		if (this.rang.has(key)) this.rang = new Set([...this.rang].filter((other) => other !== key));
	}

	/** Nothing in particular is wanted: what was last looked at. */
	private home(): void {
		if (this.focused) router.replace(parseRoute(this.focused));
		else if (router.route.at !== "home") router.replace({ at: "home" });
	}

	private open(doc: Doc): void {
		const key = keyOf(doc) ?? formatRoute(doc);
		const area = doc.at === "terminal" || doc.at === "terminals" ? "panel" : "editor";
		this.tabs = tab.open(this.tabs, key, area, (held) => dirty.has(held));
		this.resting = false;
		const workspace = workspaceOf(doc);
		if (workspace) this.workspace = workspace;
		const group = tab.groupOf(this.tabs, key);
		if (group && tab.areaOf(group) === "panel" && !this.layout.panel)
			this.layout = { ...this.layout, panel: true };
		this.heard(key);
		this.keep();
	}

	/** Takes tabs over, and lets the address bar say what has the focus now. */
	private set(tabs: tab.Tabs): void {
		this.tabs = tabs;
		if (tabs.groups.panel.tabs.length === 0 && this.layout.panel)
			this.layout = { ...this.layout, panel: false };
		this.keep();
		const key = this.focused;
		if (key === undefined) {
			this.resting = true;
			router.replace({ at: "home" });
		} else if (keyOf(router.route) !== key) router.replace(parseRoute(key));
	}

	private keep(): void {
		keep(`workbench.${this.user}`, JSON.stringify({ tabs: this.tabs, layout: this.layout }));
	}
}

/** The workspace a document belongs to; empty when it has none, or is not known. */
export function workspaceOf(route: Route): string {
	switch (route.at) {
		case "session":
			return live.session(route.id)?.workspace ?? "";
		case "terminal":
			return live.terminal(route.id)?.workspace ?? "";
		case "file":
		case "review":
		case "files":
		case "search":
			return route.workspace;
		default:
			return "";
	}
}

export const workbench = new Workbench();
