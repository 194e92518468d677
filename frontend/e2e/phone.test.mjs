import { expect, test } from "./fixtures.mjs";

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: "dark" };

test("on a phone, in the dark: a session, a permission, what is happening", async ({ open }) => {
	const { reader, page } = await open({}, phone);
	const fits = async () => {
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
	};
	await reader.start("first", { agent: "claude", workspace: "shop" });
	await reader.send("tool: Bash touch a-file-with-a-rather-long-name-that-does-not-fit.txt");
	await reader.id("permission").waitFor();
	await fits();
	await reader.id("permission-allow").click();
	await page.getByText(/Done in/).waitFor();
	await reader.id("toggle-activity").click();
	await reader.id("activity").getByText("What was decided, and why").waitFor();
	await fits();
	const background = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
	const light = background.match(/\d+/g).slice(0, 3).map(Number);
	expect(Math.max(...light)).toBeLessThan(60);
});

test("on a phone, in the light: a real shell with the keys that a phone has not", async ({ open }) => {
	const { reader, page } = await open({ model: undefined }, { ...phone, colorScheme: "light" });
	await reader.start("first", { agent: "demo", workspace: "shop" });
	await page.getByRole("link", { name: "Terminals" }).tap();
	await reader.button("New terminal in shop").tap();
	await reader.terminal();
	await page.locator(".xterm").tap();
	const key = (name) =>
		page.getByRole("toolbar", { name: "Keys" }).getByRole("button", { name, exact: true }).tap();
	await page.keyboard.type("echo from a phone ");
	await key("Pipe");
	await page.keyboard.type(" tr a-z A-Z\n");
	await expect.poll(() => reader.lines()).toContain("\nFROM A PHONE");
	await page.keyboard.type("sleep 1000\n");
	await key("Ctrl");
	await page.keyboard.type("c");
	await expect.poll(() => reader.lines()).toContain("^C");
	await key("Up");
	await expect.poll(() => reader.lines()).toMatch(/[$#] sleep 1000\s*$/);
	await key("Up");
	await page.keyboard.press("Enter");
	await expect.poll(() => reader.lines()).toMatch(/FROM A PHONE\n[\s\S]*\nFROM A PHONE/);
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
	const background = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
	expect(Math.min(...background.match(/\d+/g).slice(0, 3).map(Number))).toBeGreaterThan(200);
});
