// The way into the prompt box for other parts of the conversation.
import { parseRoute } from "../state/route";
import { workbench } from "../stores/workbench.svelte";

/** The box of the session that the reader is in; with two side by side the other one keeps its hands off. */
function box(): HTMLTextAreaElement | null {
	const route = parseRoute(workbench.focused ?? "");
	if (route.at !== "session") return null;
	return document.querySelector(`[data-testid=prompt-input][data-session="${CSS.escape(route.id)}"]`);
}

/** Puts the focus into the prompt box; not on a phone, where the keyboard would cover the page. */
export function toPrompt(): void {
	if (!matchMedia("(pointer: coarse)").matches) box()?.focus();
}

/** Puts a text into the prompt box, for the reader to go over and send. */
export function compose(text: string): void {
	const input = box();
	if (!input) return;
	input.value = text;
	input.dispatchEvent(new Event("input", { bubbles: true }));
	input.focus();
}
