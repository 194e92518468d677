// What a program can find out of how accessible each view is, in both themes, on a desk and on a phone.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { filesOf } from "../mock/files.mjs";
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
	"a question, and prompts behind it": async ({ reader }) => {
		await reader.start("one");
		await reader.send("Deploy one");
		await reader.id("permission").waitFor();
		await reader.send("echo later");
		await reader.id("queue-notice").waitFor();
	},
	"a session before its first prompt": async ({ reader, page }) => {
		await reader.start("one");
		await page.getByText("What should be done in").waitFor();
	},
	"code that is put into a file": async ({ reader, page }) => {
		await reader.start("one");
		await reader.send("echo ```ts src/app.ts\nexport {};\n```");
		await reader.button("Apply…").click();
		await page.getByRole("dialog").getByTestId("diff").waitFor();
	},
	"a new session": async ({ reader, page }) => {
		await reader.id("new-session").click();
		await page.getByLabel("Title").waitFor();
	},
	"a new session in a clone, others behind it": async ({ reader, page, server }) => {
		const from = { url: "https://host/bakery" };
		for (const name of ["bakery", "kernel"]) server.world.addWorkspace(name, from);
		server.world.cloneIs("bakery", { state: "failed", error: "the disk is full" });
		await page.getByText("The disk is full").waitFor();
		await reader.button("Try again to clone bakery").click();
		await page.getByRole("alert").getByText("The disk is full").waitFor();
		await page.getByText("Branch and history").click();
	},
	"a clone under way, and one that failed": async ({ page, server }) => {
		const from = { url: "https://host/bakery" };
		for (const name of ["bakery", "kernel"]) server.world.addWorkspace(name, from);
		server.world.cloneIs("bakery", { state: "failed", error: "the disk is full" });
		await page.getByText("The disk is full").waitFor();
	},
	"the summary of a session": async ({ reader, page }) => {
		await reader.listed("Checkout totals").click();
		await reader.button("Session menu").click();
		await page.getByRole("menuitem", { name: "Summary…" }).click();
		await reader.id("standing").waitFor();
	},
	files: async ({ reader, page }) => {
		await page.locator("[data-tab]").first().waitFor();
		await reader.go("#/files/shop");
		await reader.id("tree-row").first().waitFor();
	},
	"an editor with a conflict, and its merge": async ({ reader, page, server }) => {
		const disk = filesOf(server.world).disk("shop");
		await page.locator("[data-tab]").first().waitFor();
		await reader.go("#/f/shop/src/app.ts");
		await page.locator(".cm-content").click();
		await page.keyboard.type("mine");
		await reader.id("dirty").waitFor();
		disk.write("src/app.ts", "theirs\n");
		await reader.id("merge").click();
		await reader.id("save-merged").waitFor();
	},
	"a search with what it would replace": async ({ reader, page }) => {
		await page.locator("[data-tab]").first().waitFor();
		await reader.go("#/search/shop");
		await page.getByRole("searchbox", { name: "Search in files" }).fill("total");
		await reader.id("match").first().waitFor();
		await reader.id("toggle-replace").click();
		await page.getByLabel("Replace with").fill("sum");
	},
	"a review with a comment": async ({ reader, page, server }) => {
		const disk = filesOf(server.world).disk("shop");
		disk.put("src/app.ts", "changed\n");
		await page.locator("[data-tab]").first().waitFor();
		await reader.go("#/review/shop");
		await page
			.getByRole("button", { name: /^Comment on line/ })
			.first()
			.click();
		await page
			.getByRole("textbox", { name: /[Cc]omment/ })
			.first()
			.waitFor();
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
	"a question, on a phone": async ({ reader }) => {
		await reader.start("one");
		await reader.send("Deploy one");
		await reader.id("permission").waitFor();
	},
	"files, on a phone": async ({ reader, page, server }) => {
		await page.goto(`${server.url}/#/files/shop`);
		await reader.id("tree-row").first().waitFor();
	},
	"an editor, on a phone": async ({ page, server }) => {
		await page.goto(`${server.url}/#/f/shop/src/app.ts`);
		await page.locator(".cm-content").waitFor();
	},
	"a review, on a phone": async ({ reader, page, server }) => {
		filesOf(server.world).disk("shop").put("src/app.ts", "changed\n");
		await page.goto(`${server.url}/#/review/shop`);
		await reader.id("file-diff").first().waitFor();
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
			await page.mouse.move(0, 0); // a tip is no part of the view
			await expect.poll(() => faults(page)).toEqual([]);
			await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
			await expect.poll(() => faults(page)).toEqual([]);
		});
	}
}

test("before anything is there, and before a reader is let in: nothing that can be found is wrong", async ({
	mock,
	visit,
}) => {
	const server = await mock({ seeded: false });
	server.world.git = false;
	const reader = await visit(server.url, { ...desk, reducedMotion: "reduce" });
	const { page } = reader;
	const right = async () => {
		for (const colorScheme of ["light", "dark"]) {
			await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
			await expect.poll(() => faults(page)).toEqual([]);
		}
	};
	await reader.id("login-form").waitFor();
	await right();
	await page.getByLabel("Token").fill("mock");
	await reader.button("Log in").click();
	await reader.id("first-run").getByText("It is not installed on the server").waitFor();
	await right();
});

test("who wants no motion has none", async ({ open }) => {
	const { reader, page } = await open({}, { reducedMotion: "reduce" });
	await reader.start("one");
	await reader.send("hold on: how?");
	await reader.saying("The governor decides", "partial").waitFor();
	const moving = () =>
		document
			.getAnimations()
			.filter(
				({ playState, effect }) => playState === "running" && effect.getComputedTiming().activeDuration > 20,
			).length;
	expect(await page.evaluate(moving)).toBe(0);
	await page.emulateMedia({ reducedMotion: "no-preference" });
	await expect.poll(() => page.evaluate(moving)).toBeGreaterThan(0);
});
