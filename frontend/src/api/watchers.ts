// Who wants to know of changes of files: the server is asked once per workspace, however many ask here. Its
// first answer, also after a reconnect, is to look at everything again.
import type { FilesFrame } from "../files/wire";
import type { Stream } from "./stream";

type Receive = (frame: FilesFrame) => void;

export class Watchers {
	private readonly stream: Pick<Stream, "watchFiles" | "unwatchFiles">;
	/** workspace -> those who watch it */
	private readonly all = new Map<string, Set<Receive>>();

	constructor(stream: Pick<Stream, "watchFiles" | "unwatchFiles">) {
		this.stream = stream;
	}

	/** Has the changes of a workspace told until the result is called. */
	add(workspace: string, receive: Receive): () => void {
		const here = this.all.get(workspace) ?? new Set();
		this.all.set(workspace, here);
		if (here.size === 0) this.stream.watchFiles(workspace);
		// One of its own for each caller, so that the same function can watch twice.
		const own: Receive = (frame) => receive(frame);
		here.add(own);
		return () => {
			if (!here.delete(own) || here.size > 0) return;
			this.all.delete(workspace);
			this.stream.unwatchFiles(workspace);
		};
	}

	receive(frame: FilesFrame): void {
		for (const receive of [...(this.all.get(frame.workspace) ?? [])]) receive(frame);
	}
}
