import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
/** The server as `make build` leaves it. */
export const server = join(root, "bin/coder1");
/** The agent CLI as `make setup-tests` leaves it. */
export const cli = join(
	root,
	`.ci/node_modules/@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`,
);
/** Where README finds its pictures. */
export const images = join(root, "docs/images");
/** For what tests leave to be looked at; it is not kept. */
export const results = join(root, "frontend/test-results");
