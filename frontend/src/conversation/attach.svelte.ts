// Files that go with the next prompt. They are put into the workspace, where the agent can read them.
import { ApiError, api } from "../api/client";
import { attachmentPath, attachments } from "../state/complete";

export interface Attached {
	path: string;
	name: string;
	state: "sending" | "there" | "failed";
	problem?: string;
}

export class Attachments {
	all = $state.raw<readonly Attached[]>([]);
	/** True while one is on its way. */
	busy = $derived(this.all.some((one) => one.state === "sending"));

	async add(workspace: string, files: readonly File[]): Promise<void> {
		await Promise.all(files.map((file) => this.send(workspace, file)));
	}

	remove(path: string): void {
		this.all = this.all.filter((one) => one.path !== path);
	}

	clear(): void {
		this.all = [];
	}

	private async send(workspace: string, file: File): Promise<void> {
		const path = attachmentPath(file.name, new Date());
		this.all = [...this.all, { path, name: file.name, state: "sending" }];
		try {
			await hideFromGit(workspace);
			await api.putFile(workspace, path, file);
			this.become(path, { state: "there" });
		} catch (e) {
			this.become(path, { state: "failed", problem: e instanceof ApiError ? e.message : "It was not sent." });
		}
	}

	private become(path: string, now: Partial<Attached>): void {
		this.all = this.all.map((one) => (one.path === path ? { ...one, ...now } : one));
	}
}

/** Attachments are no part of the project. */
async function hideFromGit(workspace: string): Promise<void> {
	const ignore = `${attachments.split("/")[0]}/.gitignore`;
	try {
		await api.putFile(workspace, ignore, "*\n", { "If-None-Match": "*" });
	} catch (e) {
		if (!(e instanceof ApiError) || e.status !== 412) throw e; // it is there already
	}
}
