// Builds the page into a folder of its own before the tests of it, so that they test what is there now.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const vite = join(root, "node_modules/vite/bin/vite.js");

export default async function setup({ provide }) {
	const dist = await mkdtemp(join(tmpdir(), "coder1-page-"));
	// The test runner's own environment would make it a build for development.
	const { NODE_ENV, VITEST, ...env } = process.env;
	const args = [vite, "build", "--logLevel", "warn", "--emptyOutDir", "--outDir", dist];
	await promisify(execFile)(process.execPath, args, { cwd: root, env });
	provide("dist", dist);
	return () => rm(dist, { recursive: true });
}
