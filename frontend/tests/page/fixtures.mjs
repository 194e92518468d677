// What the tests of the page begin with: a browser for each file, and the mock server.
import { test as base, expect, inject } from "vitest";
import { launch } from "../browser.mjs";
import { serve } from "../mock/server.mjs";
import { Reader } from "../reader.mjs";

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

	/** Serves a mock world; it ends with the test. */
	// biome-ignore lint/correctness/noEmptyPattern: the test runner wants it
	mock: async ({}, use) => {
		const running = [];
		await use(async (options = {}) => {
			const mock = await serve({ pace: 2, dist: inject("dist"), ...options });
			running.push(mock);
			return mock;
		});
		await Promise.all(running.map((mock) => mock.close()));
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

	/** The usual: a mock world and a reader who has logged in. */
	open: async ({ mock, visit }, use) => {
		await use(async (options, context) => {
			const server = await mock(options);
			const reader = await visit(`${server.url}/#login=mock`, context);
			await reader.connection();
			return { reader, page: reader.page, server };
		});
	},
});
