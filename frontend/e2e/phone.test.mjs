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
