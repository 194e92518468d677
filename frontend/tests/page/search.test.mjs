import { filesOf } from "../mock/files.mjs";
import { test as base, expect } from "./fixtures.mjs";

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const test = base.extend({
	/** The search in the workspace "shop". */
	search: async ({ open }, use) => {
		await use(async (context) => {
			const { reader, page, server } = await open({}, context);
			const disk = filesOf(server.world).disk("shop");
			await reader.go("#/search/shop");
			const field = page.getByRole("searchbox", { name: "Search in files" });
			const says = (text) => reader.id("search-summary").getByText(text).waitFor();
			return { reader, page, server, disk, field, says, matches: reader.id("match") };
		});
	},
});

test("text is found in files, and a click opens it at its line", async ({ search }) => {
	const { reader, page, field, says, matches } = await search();
	await field.fill("voucher");
	await says("4 matches in 2 files");
	expect(await matches.first().textContent()).toContain("vouchers");
	await reader.id("match").filter({ hasText: "voucher = 0): number" }).click();
	await reader.id("caret").getByText("Ln 9, Col 1").waitFor();
	await page.goBack();
	await says("4 matches in 2 files");
});

test("after the pane was left, what is found is counted as before", async ({ search }) => {
	const { page, field, says } = await search();
	await page.getByRole("button", { name: "Files", exact: true }).click();
	await field.waitFor({ state: "hidden" });
	await page.getByRole("button", { name: "Search", exact: true }).click();
	await field.fill("voucher");
	await says("4 matches in 2 files");
});

test("case, whole words, expressions and which files narrow a search", async ({ search }) => {
	const { reader, page, field, says } = await search();
	await field.fill("Item");
	await says("22 matches in 4 files");
	await reader.button("Match case").click();
	await says("5 matches in 3 files");
	await field.fill("item");
	await says("17 matches in 3 files");
	await reader.button("Whole words").click();
	await says("11 matches in 3 files");
	await reader.button("Which files").click();
	await page.getByLabel("Only in", { exact: true }).fill("*.go");
	await says("4 matches in 1 file");
	await page.getByLabel("Only in", { exact: true }).fill("");
	await page.getByLabel("Not in", { exact: true }).fill("*.go, *.py");
	await says("4 matches in 1 file");
	await page.getByLabel("Not in", { exact: true }).fill("");
	await reader.button("Whole words").click();
	await reader.button("Regular expression").click();
	await field.fill("tot(a)l\\(\\[");
	await says("2 matches in 2 files");
	await field.fill("tot(");
	await page.getByText("This expression cannot be read").waitFor();
	await field.fill("nowhere to be found");
	await says("Nothing was found.");
});

test("what was found is in sight, also far into a line", async ({ search }) => {
	const { page, field, disk } = await search();
	disk.put("far.txt", "\t\tthis line goes on for a while before its needle comes\n");
	await field.fill("needle");
	const right = async (place) => {
		const { x, width } = await place.boundingBox();
		return x + width;
	};
	expect(await right(page.locator("mark"))).toBeLessThan(await right(page.getByTestId("match")));
});

test("a search that finds too much says so", async ({ search }) => {
	const { reader, field, says, disk } = await search();
	disk.put("big.txt", "needle\n".repeat(1500));
	await field.fill("needle");
	await says("1000 matches in 1 file");
	await reader.id("search-cap").getByText("first 1000").waitFor();
});

test("a search can be stopped", async ({ search }) => {
	const { reader, field, says, server } = await search();
	const go = server.delay(/\/search$/);
	await field.fill("total");
	await says("Searching…");
	await reader.id("stop-search").click();
	await says("the search was stopped");
	go();
	await field.press("Enter");
	await says("9 matches in 3 files");
});

test("what a replacement makes is shown first; a line, a file or all are replaced", async ({ search }) => {
	const { reader, page, field, says, disk, matches } = await search();
	await reader.button("Regular expression").click();
	await field.fill("(tot)al");
	await says("9 matches in 3 files");
	await reader.id("toggle-replace").click();
	await page.getByLabel("Replace with").fill("$1us");
	await matches.first().locator("ins").first().getByText("totus").waitFor();
	await matches.first().locator("del").first().getByText("total").waitFor();
	expect(disk.text("src/app.ts")).not.toContain("totus");

	await reader.button("Replace in line 3").first().click();
	await reader.id("outcome").getByText("Replaced 1 match in 1 file.").waitFor();
	expect(disk.text("src/app.ts")).toBe('import { total } from "./cart/total";\n\nconsole.log(totus([]));\n');
	await reader.button("Replace in src/app.ts").click();
	await expect.poll(() => disk.text("src/app.ts")).toContain("import { totus } from");
	await says("6 matches in 2 files");
	await reader.id("replace-all").click();
	await page.getByText("Replace 6 matches in 2 files?").waitFor();
	await reader.id("confirm").click();
	await reader.id("outcome").getByText("Replaced 6 matches in 2 files.").waitFor();
	expect(disk.text("src/cart/total.ts")).toMatch(/export function totus/);
	expect(disk.text("src/cart/total.ts")).not.toMatch(/total/);
});

test("a file that changed meanwhile, is being edited or is not UTF-8 is left as it is", async ({
	search,
}) => {
	const { reader, page, field, says, disk } = await search();
	await reader.go("#/f/shop/README.md");
	await page.locator(".cm-content").click();
	await page.keyboard.type("x");
	await reader.id("dirty").waitFor();
	disk.put("docs/other.txt", Buffer.concat([Buffer.from("shop "), Buffer.from([0xe9, 0x0a])]));
	await reader.go("#/search/shop");
	await field.fill("shop");
	await says(/matches in 3 files/);
	disk.put("package.json", "{}\n");
	await reader.id("toggle-replace").click();
	await page.getByLabel("Replace with").fill("store");
	await reader.id("replace-all").click();
	await reader.id("confirm").click();
	const outcome = reader.id("outcome");
	await outcome.getByText("Replaced 0 matches in 0 files.").waitFor();
	await outcome.getByText("package.json was left as it is. It has changed since the search.").waitFor();
	await outcome.getByText("README.md was left as it is. It is open with changes").waitFor();
	await outcome.getByText("docs/other.txt was left as it is. This file is not UTF-8").waitFor();
	expect(disk.text("package.json")).toBe("{}\n");
	expect(disk.text("README.md")).toMatch(/^# Shop/);
});

test("what is found stays text", async ({ search }) => {
	const { page, field, says, matches } = await search();
	await field.fill("alert");
	await says("2 matches in 2 files");
	await page.getByText("<img src=x onerror=alert(1)>.txt").waitFor();
	expect(await matches.first().textContent()).toContain("<script>alert(1)</script> ⟨U+202E⟩terces");
	expect(await page.locator("[data-testid=search] :is(img, script)").count()).toBe(0);
});

test("on a phone nothing is wider than the screen", async ({ search }) => {
	const { reader, page, field, says, matches } = await search(phone);
	await field.fill("total");
	await says("9 matches in 3 files");
	await reader.id("toggle-replace").tap();
	await page.getByLabel("Replace with").fill("sum");
	expect((await matches.first().boundingBox()).height).toBeGreaterThanOrEqual(40);
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
	await matches.first().tap();
	await reader.id("editor").waitFor();
});
