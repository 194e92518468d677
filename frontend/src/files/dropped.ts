// Files and folders out of what was dropped on the page or chosen in a file dialog.

export interface Dropped {
	files: { path: string; file: File }[];
	/** Folders with nothing in them. */
	folders: string[];
}

/** What a file dialog gave; the files of a folder have their paths in it. */
export function chosen(list: FileList | null): Dropped {
	const files = [...(list ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
	return { files, folders: [] };
}

/** What was dropped. It must be asked at once: the list is empty after the event. */
export async function dropped(transfer: DataTransfer): Promise<Dropped> {
	const items = [...transfer.items].map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
	const all: Dropped = { files: [], folders: [] };
	for (const item of items) {
		if (item instanceof File) all.files.push({ path: item.name, file: item });
		else if (item) await walk(item, all);
	}
	return all;
}

async function walk(entry: FileSystemEntry, all: Dropped): Promise<void> {
	const path = entry.fullPath.replace(/^\//, "");
	if (isFile(entry)) {
		all.files.push({ path, file: await new Promise<File>((resolve, reject) => entry.file(resolve, reject)) });
		return;
	}
	const children = await contents(entry as FileSystemDirectoryEntry);
	if (children.length === 0) all.folders.push(path);
	for (const child of children) await walk(child, all);
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
	return entry.isFile;
}

/** A browser gives a folder's entries a hundred at a time, until it gives none. */
async function contents(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
	const reader = folder.createReader();
	const all: FileSystemEntry[] = [];
	for (;;) {
		const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
			reader.readEntries(resolve, reject),
		);
		if (some.length === 0) return all;
		all.push(...some);
	}
}
