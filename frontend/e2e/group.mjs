// A memory cgroup, so that the server stands where it is made to stand: in a container of 512 MB.
import { existsSync } from "node:fs";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";

const first = "/sys/fs/cgroup/memory";
const [parent, limitFile] = existsSync(first)
	? [first, "memory.limit_in_bytes"]
	: ["/sys/fs/cgroup", "memory.max"];

/** Makes a group of so many MB. Where that is not allowed the server runs without, as on a laptop. */
export async function group(limitMB) {
	const dir = join(parent, `coder1-e2e-${process.pid}`);
	try {
		await mkdir(dir);
		await writeFile(join(dir, limitFile), String(limitMB * 1024 * 1024));
	} catch {
		await rmdir(dir).catch(() => {});
		return { within: [], remove: async () => {} };
	}
	return {
		/** What comes before a command to have it run in the group. */
		within: ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', join(dir, "cgroup.procs")],
		// The kernel takes its time to take processes apart.
		remove: () =>
			expect
				.poll(() =>
					rmdir(dir).then(
						() => true,
						(error) => error.code,
					),
				)
				.toBe(true),
	};
}
