// What a reader does with the parts of the page.

import type { ViewName } from "../state/layout";
import { narrow, roomy } from "../stores/layout.svelte";
import { router } from "../stores/route.svelte";
import { workbench } from "../stores/workbench.svelte";

/** Opens or closes what is happening: beside the documents where there is room, else as one of them. */
export function toggleActivity(): void {
	if (roomy.current && !workbench.shows("#/activity"))
		return workbench.arrange({ activity: !workbench.layout.activity });
	if (router.route.at !== "activity") return router.go({ at: "activity" });
	if (narrow.current) history.back();
	else workbench.close("#/activity");
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
