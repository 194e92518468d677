// What a program can find out of how accessible each view is, in both themes, on a desk and on a phone.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { expect, test } from "./fixtures.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const desk = { viewport: { width: 1400, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Names what is wrong and where. */
async function faults(page) {
	// The page's policy lets no script in from elsewhere; this one comes by way of the debugger.
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
	return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}

const tasks = {
	"a session": async ({ reader }) => {
		await reader.listed("Checkout totals").click();
		await reader.id("message").last().waitFor();
	},
	"two sessions side by side, and a terminal": async ({ reader, page }) => {
		await reader.listed("Checkout totals").click();
		await reader.listed("Move the cart").click();
		await page.keyboard.press("Alt+Backslash");
		await page.keyboard.press("Control+Backquote");
		await reader.terminal();
		await page.keyboard.press("Control+Shift+KeyF");
		await page.getByLabel("Find in the terminal").waitFor();
	},
	"the end of a terminal": async ({ reader, page }) => {
		await page.keyboard.press("Control+Backquote");
		await reader.terminal();
		await page.keyboard.type("exit 1\n");
		await reader.button("Restart").waitFor();
	},
	"all terminals": async ({ page, server, reader }) => {
		server.world.terminals.add({ workspace: "shop", cols: 80, rows: 24 });
		await page.goto(`${server.url}/#/terminals`);
		await reader.id("terminal-item").waitFor();
	},
	"the dashboard": async ({ page, server, reader }) => {
		await page.locator("[data-tab]").first().waitFor(); // what the page opens by itself must not come after
		await page.goto(`${server.url}/#/dashboard`);
		await reader.id("memory-chart").waitFor();
	},
	"the dashboard, its chart as a table": async ({ page, server, reader }) => {
		await page.locator("[data-tab]").first().waitFor();
		await page.goto(`${server.url}/#/dashboard`);
		await reader.button("Show as table").click();
		await reader.id("memory-table").waitFor();
	},
	"nothing open": async ({ reader, page }) => {
		await page.locator("[data-tab]").waitFor();
		await page.keyboard.press("Alt+x");
		await reader.button("New terminal").waitFor();
	},
	settings: async ({ page }) => {
		await page.keyboard.press("Control+Comma");
		await page.getByLabel("Show the bell").waitFor();
	},
	"the palette": async ({ page }) => {
		await page.keyboard.press("Control+k");
		await page.getByPlaceholder("Find a session or command").waitFor();
	},
	shortcuts: async ({ page }) => {
		await page.keyboard.press("Control+k");
		await page.getByPlaceholder("Find a session or command").fill("Keyboard shortcuts");
		await page.keyboard.press("Enter");
		await page.getByText("Show this list").waitFor();
	},
	"no server": async ({ reader, server }) => {
		await server.close();
		await reader.id("banner").waitFor();
	},
};

const touches = {
	"sessions, on a phone": async ({ reader, page }) => {
		await page.getByRole("link", { name: "Sessions" }).tap();
		await reader.listed("Checkout totals").waitFor();
	},
	"a terminal, on a phone": async ({ reader, page }) => {
		await page.getByRole("link", { name: "Terminals" }).tap();
		await reader.button("New terminal in shop").tap();
		await reader.terminal();
	},
	"the dashboard, on a phone": async ({ page, server, reader }) => {
		await page.goto(`${server.url}/#/dashboard`);
		await reader.id("memory-chart").waitFor();
	},
	"what is happening, on a phone": async ({ reader }) => {
		await reader.id("toggle-activity").tap();
		await reader.id("activity").waitFor();
	},
};

for (const [views, context] of [
	[tasks, desk],
	[touches, phone],
]) {
	for (const [name, arrive] of Object.entries(views)) {
		test(`${name}: nothing that can be found by a program is wrong`, async ({ open }) => {
			const { page, reader, server } = await open({}, { ...context, reducedMotion: "reduce" });
			await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
			await arrive({ page, reader, server });
			await expect.poll(() => faults(page)).toEqual([]);
			await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
			await expect.poll(() => faults(page)).toEqual([]);
		});
	}
}
