// The way into the prompt box for other parts of the conversation.

const box = () => document.querySelector<HTMLTextAreaElement>("[data-testid=prompt-input]");

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
