import { gzipSync } from "node:zlib";
import { expect, test } from "./fixtures.mjs";

// 68 KB when this was written, and 27 more with the first answer; a phone far away waits for every one.
const firstLoad = 80 * 1024;

test("little has to be loaded before the page can be used", async ({ mock, visit }) => {
	const { url } = await mock({ seeded: false });
	const reader = await visit("about:blank");
	const scripts = [];
	const collect = (response) => {
		if (response.url().endsWith(".js")) scripts.push(response.body());
	};
	reader.page.on("response", collect);
	await reader.page.goto(`${url}/#login=mock`);
	await reader.connection();
	// What is fetched from here on would still be under way when the test closes the page.
	reader.page.off("response", collect);
	const sizes = (await Promise.all(scripts)).map((body) => gzipSync(body).length);
	expect(sizes.length).toBeGreaterThan(1);
	expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(firstLoad);
});

test("a view that is chosen in the sidebar has the cursor in its field", async ({ open }) => {
	const { page } = await open();
	const views = page.getByRole("group", { name: "Views" });
	const field = () => page.evaluate(() => document.activeElement?.getAttribute("placeholder"));
	for (const [view, placeholder] of [
		["Search", "Search in files"],
		["Files", "Find a file"],
		["Search", "Search in files"],
	]) {
		await views.getByRole("button", { name: view }).click();
		await expect.poll(field).toBe(placeholder);
	}
});

test("the memory bar answers to the keyboard; an idle process can be stopped from it", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("first");
	await reader.send("echo x");
	await reader.id("message").waitFor();
	const owners = reader.id("memory-bar").getByRole("button");
	await expect.poll(() => owners.count()).toBe(3);
	await owners.first().focus();
	await page.getByText("Coder1 itself. It is never stopped.").waitFor();
	await page.keyboard.press("ArrowRight");
	await page.getByText("It can go at any time").waitFor();
	await page.keyboard.press("Enter");
	await reader.button("Stop idle process").click();
	await reader.saying("because you asked", "decision").waitFor();
	await expect.poll(() => owners.count()).toBe(2);
});

test("the palette finds a session; it can be renamed, and deleting asks first", async ({ open }) => {
	const { reader, page } = await open();
	const before = await reader.id("session-item").count();
	await page.keyboard.press("Control+k");
	await page.getByPlaceholder("Find a session or command").fill("fuzz");
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { name: /fuzz/ }).waitFor();

	await reader.button("Session menu").click();
	await page.getByRole("menuitem", { name: "Rename…" }).click();
	await page.getByLabel("Title").fill("Fuzzy");
	await page.keyboard.press("Enter");
	await reader.heading("Fuzzy").waitFor();

	await reader.button("Session menu").click();
	await page.getByRole("menuitem", { name: "Delete…" }).click();
	await reader.id("confirm").click();
	await reader.heading("Fuzzy").waitFor({ state: "detached" });
	await expect.poll(() => reader.id("session-item").count()).toBe(before - 1);
});

test("the server goes and comes back without what was open", async ({ mock, open }) => {
	const { reader, page, server } = await open();
	await reader.start("first");
	await server.close();
	await page.getByText(/Reconnecting/).waitFor();
	await page.getByText(/Not connected. This is how it was at/).waitFor();
	await mock({ port: Number(new URL(server.url).port) });
	await page.getByText("This session is not here").waitFor();
});

test("on a phone nothing is wider than the screen", async ({ open }) => {
	const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
	const { reader, page, server } = await open({}, phone);
	const fits = async () => {
		const width = await page.evaluate(() => document.documentElement.scrollWidth);
		expect(width).toBeLessThanOrEqual(390);
	};
	await reader.start("first");
	await reader.send("Deploy it");
	await reader.id("permission").waitFor();
	await fits();
	await reader.id("toggle-activity").click();
	await reader.id("activity").getByText("Process", { exact: false }).first().waitFor();
	await fits();
	await server.close();
	const connection = reader.id("connection");
	await connection.getByText(/Reconnecting/).waitFor();
	const box = await connection.boundingBox();
	expect(box.x + box.width).toBeLessThanOrEqual(390);
});

test("the flight recording can be taken home", async ({ open }) => {
	const { reader, page } = await open();
	await reader
		.id("activity")
		.getByText(/1.2 MB, since/)
		.waitFor();
	const download = page.waitForEvent("download");
	await reader.id("download-recording").click();
	expect((await download).suggestedFilename()).toMatch(/^coder1-.*\.trace\.zst$/);
});

test("of many sessions the latest are listed; the others on demand, or by their address", async ({
	open,
}) => {
	const { reader, page, server } = await open();
	const oldest = server.world.sessionList().at(-1);
	const before = server.world.sessionList().length;
	for (let n = 0; n < 40; n++) server.world.addSession({ workspace: "many", title: `Session ${n}` });
	await expect.poll(() => reader.id("session-item").count()).toBe(20);

	await page.goto(`${server.url}/#/s/${oldest.id}`);
	await reader.heading(oldest.title).waitFor();
	// The oldest is on the list now, and so is the one that the page opened by itself, unless that is one of the latest.
	const all = before + 40;
	await reader.button(new RegExp(`^Older sessions \\((${all - 22}|${all - 21})\\)$`)).click();
	await expect.poll(() => reader.id("session-item").count()).toBeGreaterThan(22);
	await reader.button(/Older sessions/).click();
	await expect.poll(() => reader.id("session-item").count()).toBe(all);
	await expect.poll(() => reader.button(/Older sessions/).count()).toBe(0);
});
