// Fetches a file to the reader's own disk.

/** Has the browser save what is at an address of ours, which says itself what it is called. */
export function fetchFile(address: string, name = ""): void {
	const link = document.createElement("a");
	link.href = address;
	link.download = name;
	link.click();
}
