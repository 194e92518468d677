// Addresses that a terminal's output names.

/**
 * The address as it will really be opened, so that it can be shown before: letters of other scripts in a host's
 * name are spelt out, and nothing in it can hide or turn round. Undefined for anything but the web.
 */
export function webAddress(text: string): string | undefined {
	if (!URL.canParse(text)) return undefined;
	const url = new URL(text);
	return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
}

/** Opens an address in a window of its own that knows nothing of this one. */
export function openAddress(text: string): void {
	const address = webAddress(text);
	if (address) window.open(address, "_blank", "noopener,noreferrer");
}
