// `npm run bench`: what the page costs, against its budgets. The server as it is built, real Chromium, loopback.

import { Server } from "../e2e/server.mjs";
import { launch } from "../tests/browser.mjs";
import { editor } from "./editor.mjs";
import { Figures } from "./figures.mjs";
import { load } from "./load.mjs";
import { long } from "./long.mjs";
import { terminal } from "./terminal.mjs";

const parts = { load, long, editor, terminal };
const wanted = process.argv.slice(2);
const figures = new Figures();
const browser = await launch();
try {
	for (const [name, part] of Object.entries(parts)) {
		if (wanted.length > 0 && !wanted.includes(name)) continue;
		const server = await Server.start();
		try {
			await part({ browser, server, figures });
		} finally {
			await server.discard();
		}
	}
} finally {
	await browser.close();
}
figures.print();
process.exitCode = figures.missed ? 1 : 0;
