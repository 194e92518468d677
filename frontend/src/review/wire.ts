// What travels between the page and the server about git, by its names here.
import type { components } from "../api/schema.gen";

type Schemas = components["schemas"];

export type GitStatus = Schemas["GitStatus"];
export type StatusFile = Schemas["GitFileStatus"];
export type FileStatus = StatusFile["index"];
export type Diff = Schemas["Diff"];
export type DiffFile = Schemas["DiffFile"];
/** Its lines begin with a space, "+", "-", or "\" for the remark that the line before has no end. */
export type Hunk = Schemas["DiffHunk"];
export type Refs = Schemas["GitRefs"];
/** Whole files and folders, "." for everything; or a patch of chosen hunks. */
export type Selection = Schemas["GitSelection"];
export type Committed = Schemas["GitCommit"];
