import { expect, test } from "./fixtures.mjs";

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const place = (page, name) => page.getByRole("navigation", { name: "Parts of the page" }).getByText(name);

test("one thing at a time, and the way back is where it was", async ({ open }) => {
	const { reader, page, server } = await open({}, phone);
	for (let n = 0; n < 30; n++) server.world.addSession({ workspace: "shop", title: `Session ${n}` });
	await place(page, "Sessions").tap();
	await reader.listed("Session 29").waitFor();
	const list = page.getByRole("navigation", { name: "Session list" });
	await list.evaluate((element) => element.scrollTo(0, 200));
	await reader.listed("Session 20").dispatchEvent("click"); // a tap may scroll
	await page.getByRole("heading", { name: "Session 20" }).waitFor();
	await page.goBack();
	expect(await list.evaluate((element) => element.scrollTop)).toBe(200);
	await place(page, "Activity").tap();
	await reader.id("activity").waitFor();
	await place(page, "Activity").tap();
	await reader.listed("Session 29").waitFor();
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test("a terminal with the keys that a phone has not", async ({ open }) => {
	const { reader, page, server } = await open({}, phone);
	const { input } = server.world.terminals;
	await place(page, "Terminals").tap();
	await reader.button("New terminal in shop").tap();
	await reader.terminal();
	await page.locator(".xterm").tap();
	await page.keyboard.type("echo from a phone\n");
	await expect.poll(() => reader.lines()).toContain("\nfrom a phone");
	for (const [key, sent] of [
		["Esc", "\x1b"],
		["Tab", "\t"],
		["Up", "\x1b[A"],
		["Pipe", "|"],
		["Tilde", "~"],
	]) {
		await page.getByRole("toolbar", { name: "Keys" }).getByRole("button", { name: key, exact: true }).tap();
		await expect.poll(() => input.at(-1)).toBe(sent);
	}
	await reader.button("Ctrl").tap();
	await page.keyboard.type("c");
	await expect.poll(() => input.at(-1)).toBe("\x03");
	await page.keyboard.type("c");
	await expect.poll(() => input.at(-1)).toBe("c"); // it held for one key
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
