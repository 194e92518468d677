// What the tests of the whole product begin with: a browser for each file, a server for each test.
import { test as base, expect, inject } from "vitest";
import { launch } from "../tests/browser.mjs";
import { Reader } from "../tests/reader.mjs";
import { Server } from "./server.mjs";

export { expect };

export const test = base.extend({
	browser: [
		// biome-ignore lint/correctness/noEmptyPattern: the test runner wants it
		async ({}, use) => {
			const browser = await launch();
			await use(browser);
			await browser.close();
		},
		{ scope: "file" },
	],

	/** Starts a server; it ends with the test, and is heard when the test failed. */
	serve: async ({ task }, use) => {
		const servers = [];
		await use(async (options) => {
			const server = await Server.start({ model: inject("model"), ...options });
			servers.push(server);
			return server;
		});
		await Promise.all(servers.map((server) => server.discard()));
		// biome-ignore lint/suspicious/noConsole: this is the report
		if (task.result?.state === "fail") for (const server of servers) console.error(server.log);
	},

	/** Puts a reader in front of an address; at the end nothing may have gone wrong inside the page. */
	visit: async ({ browser }, use) => {
		const readers = [];
		await use(async (url, context) => {
			const reader = await Reader.at(browser, url, context);
			readers.push(reader);
			return reader;
		});
		await Promise.all(readers.map((reader) => reader.leave()));
		expect(readers.flatMap((reader) => reader.errors)).toEqual([]);
	},

	/** The usual: a server with the real agent CLI, and a reader who came by the printed link. */
	open: async ({ serve, visit }, use) => {
		await use(async (options, context) => {
			const server = await serve(options);
			const reader = await visit(server.link, context);
			await reader.connection();
			return { server, reader, page: reader.page };
		});
	},

	/** The model's answers that wait: how many, and a way to let them go on. */
	// biome-ignore lint/correctness/noEmptyPattern: the test runner wants it
	model: async ({}, use) => {
		const url = inject("model");
		const release = () => fetch(`${url}/release`, { method: "POST" });
		await use({ url, release, waiting: async () => (await fetch(`${url}/waiting`)).json() });
		await release();
	},
});
