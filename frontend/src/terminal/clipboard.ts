// OSC 52: a program's wish to put text on the reader's clipboard. What is there is never told to a program.

/** Larger texts are refused: nobody copies them by accident. */
export const mostClipboard = 256 * 1024;

/** The text that a program wants to be copied; undefined for questions and for what cannot be read. */
export function clipboardText(data: string): string | undefined {
	const encoded = /^[cpqs0-7]*;([A-Za-z0-9+/]+={0,2})$/.exec(data)?.[1];
	if (!encoded || encoded.length > (mostClipboard * 4) / 3 + 4) return undefined;
	try {
		const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		return undefined;
	}
}
