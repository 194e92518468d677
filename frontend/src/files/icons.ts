// A picture for a kind of file; only what helps to tell them apart at a glance.
import Braces from "@lucide/svelte/icons/braces";
import File from "@lucide/svelte/icons/file";
import FileArchive from "@lucide/svelte/icons/file-archive";
import FileCode from "@lucide/svelte/icons/file-code-2";
import FileImage from "@lucide/svelte/icons/file-image";
import FileSymlink from "@lucide/svelte/icons/file-symlink";
import FileTerminal from "@lucide/svelte/icons/file-terminal";
import FileText from "@lucide/svelte/icons/file-text";
import Folder from "@lucide/svelte/icons/folder";
import FolderOpen from "@lucide/svelte/icons/folder-open";
import { extensionOf } from "./paths";
import type { Entry } from "./wire";

const kinds: [icon: typeof File, extensions: string][] = [
	[FileText, "md markdown txt rst adoc log csv"],
	[Braces, "json yaml yml toml xml ini"],
	[FileImage, "png jpg jpeg gif webp avif svg ico bmp"],
	[FileArchive, "zip tar gz tgz zst xz bz2 7z"],
	[FileTerminal, "sh bash zsh fish ps1"],
	[
		FileCode,
		"js mjs cjs jsx ts mts cts tsx svelte vue html css scss less py go rs java kt c h cc cpp hpp cs php rb sql swift",
	],
];
const icons = new Map(kinds.flatMap(([icon, names]) => names.split(" ").map((name) => [name, icon])));

export function iconOf(entry: Pick<Entry, "kind" | "path">, open = false): typeof File {
	if (entry.kind === "dir") return open ? FolderOpen : Folder;
	if (entry.kind === "symlink") return FileSymlink;
	return icons.get(extensionOf(entry.path)) ?? File;
}
