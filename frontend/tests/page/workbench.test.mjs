import { expect, test } from "./fixtures.mjs";

const titles = ["Checkout totals", "Explain how the queue", "Move the cart"];

/** Opens sessions of the list, each in a tab. */
async function openAll(reader) {
	for (const title of titles) {
		await reader.listed(title).click();
		await reader.tab(title).and(reader.page.locator("[aria-selected=true]")).waitFor();
	}
}

const order = async (reader, group = "main") => {
	const names = await reader.page.locator(`[data-group=${group}] [role=tab]`).allInnerTexts();
	return names.map((name) => titles.findIndex((title) => name.includes(title)));
};

test("documents are tabs: opened, gone through, closed, and found again by going back", async ({ open }) => {
	const { reader, page } = await open();
	await openAll(reader);
	expect(await order(reader)).toEqual([0, 1, 2]);
	await reader.tab(titles[0]).click();
	await page.getByRole("heading", { name: titles[0] }).waitFor();
	expect(await page.title()).toContain(titles[0]);
	await reader.tab(titles[1]).click({ button: "middle" });
	await expect.poll(() => order(reader)).toEqual([0, 2]);
	await page.locator("[data-tab]", { hasText: titles[0] }).getByTestId("close-tab").click();
	await page.getByRole("heading", { name: titles[2] }).waitFor();
	await reader.tab(titles[2]).press("Delete");
	await reader.button("New terminal").waitFor();
	expect(new URL(page.url()).hash).toBe("#/");
	await page.goBack();
	await page.getByRole("heading", { name: titles[2] }).waitFor();
});

test("after a reload the tab in front is in sight, also where not all have room", async ({ open }) => {
	const { reader, page } = await open({}, { viewport: { width: 800, height: 700 } });
	await openAll(reader);
	await page.reload();
	const right = async (place) => {
		const { x, width } = await place.boundingBox();
		return x + width;
	};
	const tab = page.locator("[data-tab]", { hasText: titles[2] });
	await tab.waitFor();
	const strip = await right(page.locator("[data-group=main] [role=tablist]"));
	await expect.poll(() => right(tab)).toBeLessThan(strip + 1);
});

test("tabs by the keyboard: next, moved, to the other side, closed", async ({ open }) => {
	const { reader, page } = await open();
	await openAll(reader);
	await page.keyboard.press("Alt+PageDown");
	await page.getByRole("heading", { name: titles[0] }).waitFor();
	await page.keyboard.press("Alt+Shift+PageDown");
	expect(await order(reader)).toEqual([1, 0, 2]);
	await page.keyboard.press("Alt+Backslash");
	expect([await order(reader), await order(reader, "side")]).toEqual([[1, 2], [0]]);
	await page.getByRole("heading", { name: titles[2] }).waitFor();
	await page.getByRole("heading", { name: titles[0] }).waitFor();
	await page.keyboard.press("Alt+x");
	await expect.poll(() => page.locator("[data-group=side]").count()).toBe(0);
	await reader.tab(titles[2]).press("ArrowLeft");
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { name: titles[1] }).waitFor();
});

test("tabs are dragged: to another place, and onto the right half to split", async ({ open }) => {
	const { reader, page } = await open();
	await openAll(reader);
	await reader.tab(titles[2]).dragTo(reader.tab(titles[0]), { targetPosition: { x: 4, y: 10 } });
	await expect.poll(() => order(reader)).toEqual([2, 0, 1]);
	const body = page.locator("[data-group=main] .body");
	const { width, height } = await body.boundingBox();
	await reader.tab(titles[0]).dragTo(body, { targetPosition: { x: width * 0.8, y: height / 2 } });
	await expect.poll(() => order(reader, "side")).toEqual([0]);
	await reader.tab(titles[0]).dragTo(reader.tab(titles[1]), { targetPosition: { x: 150, y: 10 } });
	await expect.poll(() => order(reader)).toEqual([2, 1, 0]);
});

test("a tab's menu closes the others", async ({ open }) => {
	const { reader, page } = await open();
	await openAll(reader);
	await reader.tab(titles[1]).click({ button: "right" });
	await page.getByRole("menuitem", { name: "Close all others" }).click();
	await expect.poll(() => order(reader)).toEqual([1]);
});

test("sizes and tabs are as they were after a reload", async ({ open }) => {
	const { reader, page } = await open();
	await openAll(reader);
	await page.keyboard.press("Alt+Backslash");
	const sidebar = page.getByRole("complementary", { name: "Sidebar" });
	const sash = page.getByRole("separator", { name: "Width of the sidebar" });
	const width = async () => Math.round((await sidebar.boundingBox()).width);
	const before = await width();
	const grip = await sash.boundingBox();
	await page.mouse.move(grip.x, grip.y + 200);
	await page.mouse.down();
	await page.mouse.move(grip.x + 60, grip.y + 200, { steps: 4 });
	await page.mouse.up();
	expect(await width()).toBe(before + 60);
	await sash.press("ArrowLeft");
	expect(await width()).toBe(before + 44);
	await page.reload();
	await reader.connection();
	expect(await width()).toBe(before + 44);
	expect([await order(reader), await order(reader, "side")]).toEqual([[0, 1], [2]]);
	await sash.dblclick();
	await expect.poll(width).toBe(before);
	await page.keyboard.press("Alt+b");
	await sidebar.waitFor({ state: "detached" });
	await reader.button("Show the sidebar").click();
	await sidebar.waitFor();
});

test("an address opens its document, or says that there is none", async ({ open }) => {
	const { reader, page, server } = await open();
	const { id } = server.world.terminals.add({ workspace: "shop", cols: 80, rows: 24 });
	await page.goto(`${server.url}/#/t/${id}`);
	await reader.terminal();
	await page.goto(`${server.url}/#/t/none`);
	await page.getByText("This terminal is not here").waitFor();
	await page.goto(`${server.url}/#/s/none`);
	await page.getByText("This session is not here").waitFor();
	await page.goto(`${server.url}/#/activity`);
	await reader.tab("What's happening").waitFor();
	await page.goto(`${server.url}/#/nowhere`);
	await expect.poll(() => new URL(page.url()).hash).toBe("#/activity");
});

test("what is happening opens and closes beside the documents", async ({ open }) => {
	const { reader, page } = await open();
	await reader.id("activity").waitFor();
	await page.keyboard.press("Alt+w");
	await reader.id("activity").waitFor({ state: "detached" });
	await reader.id("toggle-activity").click();
	await reader.id("activity").waitFor();
});

test("settings hold at once, after a reload, and on other devices", async ({ open, visit }) => {
	const { reader, page, server } = await open();
	await page.keyboard.press("Control+Comma");
	await page.getByLabel("Dark", { exact: true }).check();
	await page.getByLabel("Editor").fill("17");
	await page.getByLabel("Save files by themselves").click();
	await page.keyboard.press("Escape");
	await page.reload();
	await reader.connection();
	expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
	await page.keyboard.press("Control+Comma");
	expect(await page.getByLabel("Editor").inputValue()).toBe("17");
	expect(await page.getByLabel("Save files by themselves").isChecked()).toBe(true);
	await expect.poll(() => server.world.preferences.theme).toBe("dark");
	const other = await visit(`${server.url}/#login=mock`);
	await expect.poll(() => other.page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
	await other.page.keyboard.press("Control+Comma");
	expect(await other.page.getByLabel("Editor").inputValue()).toBe("17");
});

test("when the server goes away the page stays, and says so; a newer server offers its page", async ({
	mock,
	open,
}) => {
	const { reader, page, server } = await open();
	await reader.listed(titles[0]).click();
	await reader.id("prompt-input").fill("half a thought");
	await server.close();
	await reader.id("banner").getByText("The server does not answer").waitFor();
	await page.getByRole("heading", { name: titles[0] }).waitFor();
	const unreached = page.getByRole("alert").getByText("The server cannot be reached right now.");
	await reader.id("prompt-input").press("Enter");
	await unreached.waitFor();
	expect(await reader.id("prompt-input").inputValue()).toBe("half a thought");
	await mock({ port: Number(new URL(server.url).port), version: "9" });
	await reader.id("banner").getByText("The server was updated").waitFor();
	await reader.connection();
	await unreached.waitFor({ state: "detached" });
	expect(await reader.id("prompt-input").inputValue()).toBe("half a thought");
});

test("what runs is not counted on while the server is away", async ({ open }) => {
	const { reader, page, server } = await open({ pace: 60 });
	await reader.start("one");
	await reader.send("how?");
	await reader.id("tool").waitFor();
	const working = page.locator("p.working");
	await server.close();
	await reader.id("banner").waitFor();
	const before = await working.innerText();
	const left = page.getByText(/Reconnecting in \d+ s/);
	const seconds = await left.innerText();
	await expect.poll(() => left.innerText()).not.toBe(seconds);
	expect(await working.innerText()).toBe(before);
});

test("a question elsewhere is told on the page, and leads there", async ({ open }) => {
	const { reader, page, server } = await open();
	const { id } = server.world.addSession({ workspace: "shop", title: "one" });
	await reader.listed(titles[0]).click();
	server.world.prompt(id, "Deploy one");
	await page.getByText("one: A question waits for you.").waitFor();
	await reader.button("Go there").click();
	await reader.id("permission").waitFor();
});

test("a question that is answered elsewhere is not told any longer", async ({ open }) => {
	const { reader, page, server } = await open();
	const { id } = server.world.addSession({ workspace: "shop", title: "one" });
	await reader.listed(titles[0]).click();
	await page.evaluate(() => {
		const later = window.setTimeout;
		window.setTimeout = (run, ms) => (ms === 8000 ? 0 : later(run, ms)); // toasts do not leave by themselves
	});
	server.world.prompt(id, "Deploy one");
	const told = page.getByText("one: A question waits for you.");
	await told.waitFor();
	const { requestId } = server.world.session(id).events.find((e) => e.type === "permission_requested");
	server.world.decide(id, requestId, { decision: "allow" });
	await told.waitFor({ state: "detached" });
});

test("the system tells what was asked for, and only while the reader is elsewhere", async ({ open }) => {
	const { reader, page, server } = await open({}, { permissions: ["notifications"] });
	await page.evaluate(async () => {
		await navigator.serviceWorker.ready;
		window.shown = [];
		document.hasFocus = () => !window.away;
		const show = (title, { body }) => window.shown.push(`${title}: ${body}`);
		ServiceWorkerRegistration.prototype.showNotification = async (...about) => show(...about);
	});
	const shown = () => page.evaluate(() => window.shown);
	const away = (is) => page.evaluate((now) => (window.away = now), is);
	await page.keyboard.press("Control+Comma");
	await page.getByLabel("An agent asks for permission").click();
	await page.keyboard.press("Escape");
	const ask = (title) =>
		server.world.prompt(server.world.addSession({ workspace: "shop", title }).id, "Deploy");
	await reader.listed(titles[0]).click();
	ask("here");
	await page.getByText("here: A question waits for you.").waitFor();
	expect(await shown()).toEqual([]);
	await away(true);
	ask("there");
	await expect.poll(shown).toEqual(["there: A question waits for you."]);
	const { id } = [...server.world.sessions.values()].find(({ title }) => title === "there");
	await page.evaluate((go) => {
		navigator.serviceWorker.dispatchEvent(new MessageEvent("message", { data: { go } })); // as when it was pressed
	}, `#/s/${id}`);
	await reader.id("permission").waitFor();
	await reader.heading("there").waitFor();
});

test("it can be installed, and without a server an honest page is shown until there is one", async ({
	mock,
	open,
}) => {
	const { reader, page, server } = await open();
	const manifest = await page.evaluate(async () => (await fetch("/manifest.json")).json());
	const sizes = await page.evaluate(
		(icons) =>
			Promise.all(
				icons.map(async ({ src, type }) => {
					const blob = await (await fetch(src)).blob();
					return type === blob.type && blob.size > 0;
				}),
			),
		manifest.icons,
	);
	expect(sizes).toEqual([true, true, true, true]);
	await page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => active.scriptURL));
	await page.reload(); // from now on by way of the worker
	await reader.connection();
	await server.close();
	await page.reload();
	await page.getByRole("heading", { name: "Coder1 cannot be reached" }).waitFor();
	await mock({ port: Number(new URL(server.url).port) });
	await reader.connection();
});
