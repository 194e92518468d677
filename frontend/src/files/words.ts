// Sizes of files, from bytes to gigabytes.

const units = ["B", "KB", "MB", "GB", "TB"];

/** "840 B", "1.2 KB", "34 MB"; a KB is 1024 bytes. */
export function sizeWords(bytes: number): string {
	let [value, unit] = [bytes, 0];
	while (value >= 1023.5 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}
	return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
