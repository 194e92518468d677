// The pictures in README: the real page, server and agent CLI in 512 MB; only the model is a story.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "./fixtures.mjs";
import { group } from "./group.mjs";
import { images, results } from "./paths.mjs";
import { tell } from "./story.mjs";

const total = `export function total(items) {
	return items.reduce((sum, { price, count }) => sum + price * count, 0);
}
`;

const fix = {
	old_string: "sum + price * count, 0)",
	new_string: "sum + Math.round(price * 100) * count, 0) / 100",
};

const asked = {
	fix: "Some totals at the checkout are off by a cent. Find out why, mend it, and run the tests.",
	load: "Run the load test for a minute and tell me where the time goes.",
	news: "What has changed for users since 2.3?",
	notes: "Write the release notes for 2.4 from the last twenty commits.",
	post: "Then add them to CHANGELOG.md, newest first.",
};

const stories = (shop) => ({
	[asked.news]: [
		[
			{
				text:
					"Three things that users will notice:\n\n1. **Totals are exact.** They are counted in whole cents.\n" +
					"2. **Carts survive a reload.** They are kept in the browser until the order is placed.\n" +
					"3. **Search is faster.** The index is built while the shop is idle, not at the first query.",
			},
		],
	],
	[asked.fix]: [
		[
			{ thinking: "A cent off sounds like prices that are added up as floating point numbers." },
			{ tool: "Read", input: { file_path: join(shop, "src/total.js") } },
		],
		[
			{
				text:
					"Prices are multiplied as they are, and `0.1 * 3` is `0.30000000000000004`. Now and then that " +
					"rounds the wrong way. I will count in whole cents.",
			},
			{ tool: "Edit", input: { file_path: join(shop, "src/total.js"), ...fix } },
		],
		[
			{ tool: "Bash", input: { command: "npm test -- total", description: "Run the tests of the totals" } },
			{
				hold: true,
				text:
					"The totals are sums of whole cents now, and are divided once, at the end:\n\n" +
					"| basket | before | now |\n|---|---|---|\n| 3 × 0.10 | 0.30000000000000004 | 0.3 |\n" +
					"| 7 × 1.15 | 8.049999999999999 | 8.05 |\n\nWhile the tests wait for your word, one more thing I have",
			},
		],
	],
	[asked.load]: [[{ tool: "Bash", input: { command: "node load.mjs", description: "Load test" } }]],
});

/** A load test as far as memory goes: it holds some, and goes on until it is stopped. */
const load = "const held = Buffer.alloc(24 << 20, 1);\nsetInterval(() => held.fill(2), 1000);\n";

const pocket = {
	viewport: { width: 390, height: 844 },
	hasTouch: true,
	isMobile: true,
	deviceScaleFactor: 2,
};

/** Where a picture goes: with PICTURES set, or while there is none, to where README finds it. */
async function place(name) {
	const picture = join(images, `${name}.png`);
	const folder = process.env.PICTURES || !existsSync(picture) ? images : results;
	await mkdir(folder, { recursive: true });
	return join(folder, `${name}.png`);
}

/** The folder of a workspace. */
const folderOf = (server, name) => join(server.data, "workspaces", name);

/** Lays out the workspaces that the stories are about. */
async function furnish(server) {
	const folder = (name) => folderOf(server, name);
	for (const name of ["shop", "api"]) await server.call("POST", "/api/workspaces", { name });
	await mkdir(join(folder("shop"), "src"));
	await writeFile(join(folder("shop"), "src/total.js"), total);
	await writeFile(join(folder("shop"), "README.md"), "# Shop\n\nTotals are counted in `src/total.js`.\n");
	await server.call("POST", "/api/workspaces/shop/git/init");
	await server.call("POST", "/api/workspaces/shop/git/commit", { message: "The shop as it is", all: true });
	await writeFile(join(folder("api"), "load.mjs"), load);
}

/** Takes a picture of what a reader sees. */
async function picture({ page }, name) {
	await page.mouse.move(0, 0);
	await page.screenshot({ path: await place(name), animations: "disabled" });
}

async function show(server, reader) {
	const { page } = reader;
	const visit = async (id, title) => {
		await page.goto(`${server.url}/#/s/${id}`);
		await reader.heading(title).waitFor();
	};
	const start = async (workspace, title) => {
		const { id } = await server.call("POST", "/api/sessions", { workspace, title, agent: "claude" });
		await visit(id, title);
		return id;
	};

	const notes = await start("shop", "Release notes for 2.4");
	await reader.send(asked.news);
	await page.getByText(/Done in/).waitFor();

	await start("api", "Load test");
	await reader.send(asked.load);
	await reader.id("permission-allow").click();
	await reader.id("activity").locator(".swatch.tool").waitFor();

	await start("shop", "Totals off by a cent");
	await reader.send(asked.fix);
	await reader.id("permission-allow").click();
	await reader.id("permission").getByText("npm test -- total", { exact: true }).waitFor();
	await reader.saying("one more thing I have", "partial").waitFor();
	await picture(reader, "session");

	await visit(notes, "Release notes for 2.4");
	await reader.send(asked.notes);
	await reader.send(asked.post);
	await reader.id("queue-notice").nth(1).getByText("You're #2").waitFor();
	await picture(reader, "queue");

	await reader.go("#/dashboard");
	await reader.id("memory-chart").waitFor();
	await expect
		.poll(async () => Number(await reader.id("memory-chart").getAttribute("data-points")))
		.toBeGreaterThan(5);
	await picture(reader, "dashboard");
}

/** Files, an editor, a review and a terminal, in the dark. */
async function work(reader) {
	const { page } = reader;
	await reader.go("#/files/shop");
	await reader.go("#/review/shop");
	await page.locator('[data-file="src/total.js"]').getByText("Math.round").first().waitFor();
	await picture(reader, "review");
	await reader.go("#/f/shop/src/total.js");
	await page.locator(".cm-content").getByText("Math.round").waitFor();
	await page.keyboard.press("Control+Backquote");
	await reader.terminal();
	await page.locator(".xterm").click();
	await page.keyboard.type("PS1='shop $ '; clear; git status --short; git log --oneline --stat\n");
	await expect.poll(() => reader.lines()).toContain("2 files changed");
	await picture(reader, "editor");
}

test("a session at work, prompts that wait, and what is around them", async ({ serve, visit }) => {
	let server;
	const story = await tell((prompt) => stories(folderOf(server, "shop"))[prompt]);
	const box = await group(512);
	server = await serve({ model: story.url, env: {}, within: box.within });
	try {
		await furnish(server);
		const reader = await visit(server.link, { viewport: { width: 1440, height: 980 } });
		await show(server, reader);
		const storageState = await reader.page.context().storageState();
		const dark = { storageState, colorScheme: "dark" };
		await work(await visit(server.url, { ...dark, viewport: { width: 1440, height: 900 } }));
		const phone = await visit(server.url, { ...dark, ...pocket });
		await phone.page.getByRole("link", { name: "Sessions" }).tap();
		await phone.listed("Totals off by a cent").tap();
		await phone.id("permission").scrollIntoViewIfNeeded();
		await picture(phone, "phone");
	} finally {
		await server.stop("SIGKILL");
		await box.remove();
		await story.close();
	}
});
