// What a reader does with the parts of the page.

import type { ViewName } from "../state/layout";
import { docOf, parseRoute } from "../state/route";
import { dirty } from "../stores/dirty.svelte";
import { narrow, roomy } from "../stores/layout.svelte";
import { router } from "../stores/route.svelte";
import { ui } from "../stores/ui.svelte";
import { workbench } from "../stores/workbench.svelte";
import { paneOf } from "./panes";

/** Closes a tab, the one with the focus if none is given. Changes that are not saved are asked about. */
export function closeTab(key = workbench.focused): void {
	const doc = docOf(parseRoute(key ?? ""));
	const pane = doc && paneOf(doc);
	if (!key || !pane) return;
	const close = () => {
		workbench.close(key);
		pane.closed?.(doc);
	};
	if (!dirty.has(key)) return close();
	ui.confirm({
		title: `Save ${pane.title(doc)}?`,
		text: "What was changed since it was last saved is lost otherwise.",
		action: "Close without saving",
		run: async () => {
			await pane.discard?.(doc);
			close();
		},
		rather: {
			action: "Save",
			run: async () => {
				if (await pane.save?.(doc)) close();
				else workbench.activate(key); // which says why
			},
		},
	});
}

/** Opens or closes what is happening: beside the documents where there is room, else as one of them. */
export function toggleActivity(): void {
	if (roomy.current && !workbench.shows("#/activity"))
		return workbench.arrange({ activity: !workbench.layout.activity });
	if (router.route.at !== "activity") return router.go({ at: "activity" });
	if (narrow.current) history.back();
	else closeTab("#/activity");
}

/** Shows a view of the sidebar: there where there is room, else as a page. */
export function showView(view: ViewName): void {
	if (narrow.current)
		return router.go(view === "sessions" ? { at: view } : { at: view, workspace: workbench.workspace });
	workbench.arrange({ view, sidebar: true });
}

export function toggleSidebar(): void {
	workbench.arrange({ sidebar: !workbench.layout.sidebar });
}
