// Brings an event of a session into sight, such as one that a search found.
import { tick } from "svelte";
import type { OpenConversation } from "../stores/conversation.svelte";
import { ui } from "../stores/ui.svelte";
import type { Follow } from "./follow.svelte";
import type { Stretch } from "./stretch.svelte";

/** Pages that are loaded to get there; what lies further back is not shown. */
const farthest = 25;

/** Loads the history back to an event, and puts the turn that it is part of at the top of the screen. */
export async function reach(
	conversation: OpenConversation,
	follow: Follow,
	stretch: Stretch,
	seq: number,
): Promise<void> {
	follow.on = false;
	for (let page = 0; page < farthest && !conversation.has(seq); page++) {
		if (!(await conversation.loadEarlier((add) => follow.hold(add)))) break;
	}
	await tick();
	const event = conversation.history.events.find((e) => e.seq >= seq && "promptId" in e && e.promptId);
	const promptId = event && "promptId" in event ? event.promptId : undefined;
	if (promptId) await stretch.show(promptId);
	const turn = document.getElementById(`turn-${promptId}`);
	if (!conversation.has(seq) || !turn)
		return ui.toast("This is too far back to be shown here; export the session to read it.");
	turn.scrollIntoView({ block: "start" });
	// What is out of sight is laid out when it comes into sight, which may move the turn.
	requestAnimationFrame(() => turn.scrollIntoView({ block: "start" }));
	turn.focus({ preventScroll: true });
}
