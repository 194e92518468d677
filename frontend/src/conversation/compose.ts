// The way into the prompt box for other parts of the conversation.

/** Puts a text into the prompt box, for the reader to go over and send. */
export function compose(text: string): void {
	const box = document.querySelector<HTMLTextAreaElement>("[data-testid=prompt-input]");
	if (!box) return;
	box.value = text;
	box.dispatchEvent(new Event("input", { bubbles: true }));
	box.focus();
}
