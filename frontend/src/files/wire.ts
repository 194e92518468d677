// What travels between the page and the server about files, by its names here. Paths are relative to the
// workspace, with slashes.
import type { components } from "../api/schema.gen";

type Schemas = components["schemas"];

export type Entry = Schemas["TreeEntry"];
export type GitMark = NonNullable<Entry["git"]>;
/** One level of a folder, folders first. */
export type Level = Schemas["Tree"];
export type Written = Schemas["WrittenFile"];
export type Imported = Schemas["Imported"];
/** What happened in a workspace that is watched; the first one says to look at everything again. */
export type FilesFrame = Schemas["FilesFrame"];
export type Change = FilesFrame["changes"][number];

export interface Paths {
	paths: string[];
	truncated: boolean;
}
