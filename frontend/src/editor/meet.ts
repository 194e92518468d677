// What to do when a file on disk may not be what the editor began with any more.

/** What an editor knows of its file: the text it began with, the text it has now, the etag it began with. */
export interface Mine {
	base: string;
	text: string;
	etag: string;
}

export interface Disk {
	text: string;
	etag: string;
}

/**
 * `nothing` happened; `agreed`: the disk has what was typed here; `follow`: nothing was typed, so the
 * editor takes what is there; `conflict`: both changed.
 */
export type Outcome = "nothing" | "agreed" | "follow" | "conflict";

export function meet(mine: Mine, disk: Disk): Outcome {
	if (disk.etag === mine.etag) return "nothing";
	if (disk.text === mine.text) return "agreed";
	return mine.text === mine.base ? "follow" : "conflict";
}
