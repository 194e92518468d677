// What is on its way into a workspace, a few files at a time.
import { ApiError } from "../api/client";
import { type Parcel, type Sending, upload } from "../api/upload";
import { plural } from "../state/words";
import { ui } from "../stores/ui.svelte";
import { conditions, filesApi } from "./api";
import type { Dropped } from "./dropped";
import { join } from "./paths";
import type { Imported } from "./wire";

/** More at once is what a zip is for. */
export const maxFiles = 5000;
const parallel = 2;

export type UploadState = "waiting" | "sending" | "done" | "exists" | "failed";

export class Upload {
	/** Where the file goes; of a zip, its name. */
	readonly path: string;
	readonly file: Blob;
	/** A zip is unpacked where it arrives. */
	readonly zip: boolean;
	sent = $state(0);
	state = $state<UploadState>("waiting");
	problem = $state("");
	/** Replaces a file that is there. */
	replace = false;
	sending: Sending | undefined;

	constructor(path: string, file: Blob, zip = false) {
		this.path = path;
		this.file = file;
		this.zip = zip;
	}
}

export class Uploads {
	readonly workspace: string;
	/** Those that are not done, or went wrong. */
	list = $state.raw<Upload[]>([]);
	private readonly arrived: () => void;

	constructor(workspace: string, arrived: () => void) {
		this.workspace = workspace;
		this.arrived = arrived;
	}

	get bytes(): { sent: number; all: number } {
		const sum = (of: (upload: Upload) => number) => this.list.reduce((total, one) => total + of(one), 0);
		return { sent: sum(({ sent }) => sent), all: sum(({ file }) => file.size) };
	}

	/** Sends files into a folder, and makes the empty folders among them. Throws what is wrong, in words. */
	async add(folder: string, { files, folders }: Dropped): Promise<void> {
		if (files.length > maxFiles) throw new Error(`More than ${maxFiles} files; import them as a zip.`);
		this.list = [...this.list, ...files.map(({ path, file }) => new Upload(join(folder, path), file))];
		this.next();
		for (const path of folders) await filesApi.createFolder(this.workspace, join(folder, path)).catch(there);
	}

	/** Puts the contents of a zip into the workspace. */
	addZip(zip: File): void {
		this.list = [...this.list, new Upload(zip.name, zip, true)];
		this.next();
	}

	cancel(upload: Upload): void {
		upload.sending?.cancel();
		this.remove(upload);
		this.next();
	}

	cancelAll(): void {
		for (const one of [...this.list]) this.cancel(one);
	}

	/** Sends one again, in place of what is there. */
	again(upload: Upload, replace: boolean): void {
		Object.assign(upload, { state: "waiting", replace: upload.replace || replace, sent: 0, problem: "" });
		this.next();
	}

	private next(): void {
		const busy = this.list.filter(({ state }) => state === "sending").length;
		const waiting = this.list.filter(({ state }) => state === "waiting");
		for (const upload of waiting.slice(0, parallel - busy)) void this.send(upload);
	}

	private async send(one: Upload): Promise<void> {
		one.state = "sending";
		one.sending = upload(this.parcel(one));
		try {
			const answer = await one.sending.done;
			this.remove(one);
			if (one.zip) tellOf(JSON.parse(answer) as Imported);
			this.arrived();
		} catch (e) {
			if (!this.list.includes(one)) return;
			one.state = e instanceof ApiError && inTheWay.has(e.status) ? "exists" : "failed";
			one.problem = e instanceof ApiError ? e.message : "It could not be sent.";
		} finally {
			one.sending = undefined;
		}
		this.next();
	}

	private parcel(one: Upload): Parcel {
		const progress = (bytes: number) => {
			one.sent = bytes;
		};
		const { file: body, zip, path, replace } = one;
		if (zip) {
			const headers = { "Content-Type": "application/zip" };
			return {
				method: "POST",
				address: filesApi.importAddress(this.workspace, replace),
				body,
				headers,
				progress,
			};
		}
		const headers = conditions(replace ? "anything" : "missing");
		return { method: "PUT", address: filesApi.address(this.workspace, path), body, headers, progress };
	}

	private remove(upload: Upload): void {
		this.list = this.list.filter((one) => one !== upload);
	}
}

/** Statuses that say that something is there already: a file, or one that a zip would bring. */
const inTheWay = new Set([409, 412]);

function tellOf({ links = 0 }: Imported): void {
	if (links > 0)
		ui.toast(`${plural(links, "symbolic link was", "symbolic links were")} left out of the zip.`);
}

/** A folder that is there already is as good as made. */
function there(e: unknown): void {
	if (!(e instanceof ApiError && e.status === 409)) throw e;
}
