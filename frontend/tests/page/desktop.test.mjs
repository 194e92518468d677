// What the page has more of in the desktop program's window.
import { expect, test } from "./fixtures.mjs";

test("folders and recordings are asked of the window", async ({ open }) => {
	const { reader, page, server } = await open({ window: true });
	await reader.button(/^Open a folder \(/).click();
	await expect.poll(() => server.world.picks).toEqual(["folder"]);
	await page.keyboard.press("Control+k");
	await page.getByPlaceholder("Find a session or command").fill("recording");
	await page.keyboard.press("Enter");
	await expect.poll(() => server.world.picks).toEqual(["folder", "recording"]);
	expect(await reader.id("window-memory").innerText()).toBe("window: 205 MB (not counted)");
});

test("a newcomer is offered a folder of his own", async ({ open }) => {
	const { reader, server } = await open({ window: true, seeded: false });
	await reader.id("open-folder").click();
	await expect.poll(() => server.world.picks).toEqual(["folder"]);
});

test("without a window there is nothing to ask", async ({ open }) => {
	const { reader } = await open({ seeded: false });
	await reader.id("first-run").waitFor();
	expect(await reader.id("open-folder").count()).toBe(0);
	expect(await reader.button(/Open a folder/).count()).toBe(0);
	expect(await reader.id("window-memory").count()).toBe(0);
});

test("a folder that is gone says why, and closing it says that it stays", async ({ open }) => {
	const { reader, page, server } = await open({ window: true });
	server.world.openFolder(
		"bread",
		"/home/ada/bread",
		"/home/ada/bread is not there. It was moved or deleted.",
	);
	const group = page.getByRole("region", { name: "Workspace bread" });
	await group.getByText("/home/ada/bread is not there").waitFor();
	await reader.button("Workspace bread").click();
	await page.getByRole("menuitem", { name: "Close folder…" }).click();
	await page.getByText("/home/ada/bread and everything in it stays as it is", { exact: false }).waitFor();
	await reader.id("confirm").click();
	await group.waitFor({ state: "detached" });
	expect(server.world.folders.has("bread")).toBe(false);
});

test("a link of the window leads to a folder once it is open", async ({ mock, visit }) => {
	const server = await mock({ window: true });
	const reader = await visit(`${server.url}/#login=mock&to=${encodeURIComponent("#/files/shop")}`);
	await reader.page.getByRole("button", { name: "Files", pressed: true }).waitFor();
});

test("choosing the session that is open leads to its prompt", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("An only one");
	const prompt = reader.id("prompt-input");
	const find = page.getByPlaceholder("Find a session or command");
	for (const leave of [() => {}, () => document.activeElement.blur()]) {
		await page.evaluate(leave);
		await page.keyboard.press("Control+k");
		await find.fill("An only one");
		await page.keyboard.press("Enter");
		await find.waitFor({ state: "detached" });
		await expect.poll(() => prompt.evaluate((box) => box === document.activeElement)).toBe(true);
	}
});
