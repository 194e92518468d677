import { filesOf } from "../mock/files.mjs";
import { test as base, expect } from "./fixtures.mjs";

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const test = base.extend({
	/** A file of the workspace "shop" in an editor. */
	edit: async ({ open }, use) => {
		await use(async (path, { context, before } = {}) => {
			const { reader, page, server } = await open({}, context);
			const disk = filesOf(server.world).disk("shop");
			await before?.(disk, page);
			await reader.go(`#/f/shop/${path}`);
			const code = page.locator(".cm-content").last();
			const text = () =>
				page.evaluate(() => [...document.querySelectorAll(".cm-line")].map((l) => l.textContent).join("\n"));
			/** Types at the beginning of the text. */
			const type = async (words) => {
				await code.click();
				await page.keyboard.press("Control+Home");
				await page.keyboard.type(words);
			};
			return { reader, page, server, disk, code, text, type };
		});
	},
});

const total = "src/cart/total.ts";

test("a file is edited and saved; line ends stay what they were", async ({ edit }) => {
	const { reader, page, disk, type } = await edit("docs/windows.txt");
	await reader.id("line-ends").getByText("CRLF").waitFor();
	await type("new ");
	await reader.id("dirty").waitFor();
	await page.keyboard.press("Enter");
	await page.keyboard.press("Control+s");
	await reader.id("dirty").waitFor({ state: "detached" });
	expect(disk.text("docs/windows.txt")).toBe("new \r\nfirst\r\nsecond\r\n");
	await page.keyboard.press("Control+z");
	await reader.id("dirty").waitFor();
	await page.keyboard.press("Control+y");
	await reader.id("dirty").waitFor({ state: "detached" });
});

test("an open file follows the disk while nothing is typed, and the cursor stays where it was", async ({
	edit,
}) => {
	const { reader, page, disk, code, text } = await edit(total);
	await code.click();
	await page.keyboard.press("Control+Home");
	for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowDown");
	await reader.id("caret").getByText("Ln 5, Col 1").waitFor();
	disk.write(total, `// one\n// two\n${disk.text(total)}`);
	await reader.id("caret").getByText("Ln 7, Col 1").waitFor();
	expect(await text()).toMatch(/^\/\/ one\n\/\/ two\n\/\/ The total/);
	expect(await page.locator(".cm-fresh").count()).toBeGreaterThan(0);
	expect(await reader.id("dirty").count()).toBe(0);
});

test("what was typed outlives a change of files and a reload", async ({ edit }) => {
	const { reader, page, disk, type, code } = await edit(total);
	await type("// draft ");
	await reader.go("#/f/shop/README.md");
	await page.getByText("A small shop.").waitFor();
	await reader.go(`#/f/shop/${total}`);
	await page.getByText("// draft // The total").waitFor();
	await code.click();
	await page.keyboard.press("Control+z");
	await reader.id("dirty").waitFor({ state: "detached" });
	await type("// again ");
	await page.reload();
	await page.getByText("// again // The total").waitFor();
	await reader.id("dirty").waitFor();
	expect(disk.text(total)).toMatch(/^\/\/ The total/);
	await page.getByTestId("save").click();
	await expect.poll(() => disk.text(total)).toMatch(/^\/\/ again \/\/ The total/);
	await page.reload();
	await page.getByText("// again // The total").waitFor();
	expect(await reader.id("dirty").count()).toBe(0);
});

test("after a reload the tab of a file that is not saved says so before it is looked at", async ({
	edit,
}) => {
	const { reader, page, disk, type } = await edit(total);
	const size = await reader.id("size").innerText();
	await type("// draft ");
	await reader.tab(/total.ts.*not saved/).waitFor();
	await reader.go("#/f/shop/README.md");
	await page.getByText("A small shop.").waitFor();
	await page.reload();
	await reader.tab(/total.ts.*not saved/).waitFor();
	await reader.go(`#/f/shop/${total}`);
	await page.getByText("// draft // The total").waitFor();
	expect(await reader.id("size").innerText()).toBe(size);
	await reader.go("#/f/shop/README.md");
	await page.reload();
	await reader.tab(/total.ts.*not saved/).click({ button: "middle" });
	await page.getByRole("button", { name: "Save", exact: true }).click();
	await reader.tab("total.ts").waitFor({ state: "detached" });
	expect(disk.text(total)).toMatch(/^\/\/ draft \/\/ The total/);
});

/** Both sides change the file: the reader its first line, the disk its last. */
async function clash({ reader, disk, type }, change = (text) => `${text}// theirs\n`) {
	await type("// mine ");
	await reader.id("dirty").waitFor();
	disk.write(total, change(disk.text(total)));
	await reader.id("clash").waitFor();
}

test("changes on both sides are merged", async ({ edit }) => {
	const all = await edit(total);
	const { reader, page, disk, text } = all;
	await clash(all);
	await reader.id("merge").click();
	await page.getByText("Both changes fit together").waitFor();
	await reader.id("save-merged").click();
	await reader.id("merging").waitFor({ state: "detached" });
	await expect.poll(() => disk.text(total)).toMatch(/^\/\/ mine \/\/ The total.*\/\/ theirs\n$/s);
	await reader.id("dirty").waitFor({ state: "detached" });
	expect(await text()).toContain("// theirs");
	expect(await reader.id("clash").count()).toBe(0);
});

test("a double click begins a merge and decides nothing in it; its headings stand above their sides", async ({
	edit,
}) => {
	const all = await edit(total);
	const { reader, page } = all;
	await clash(all);
	await reader.id("merge").click(); // loads what a merge is made with
	await page.getByText("Both changes fit together").waitFor();
	await reader.button("Back").click();
	await reader.id("merge").dblclick();
	await page.getByText("Both changes fit together").waitFor();
	await expect.poll(() => page.evaluate(() => String(getSelection()))).toBe("");
	expect(await reader.id("save-merged").isEnabled()).toBe(true);
	const left = async (part) => Math.round((await part.boundingBox()).x);
	expect(await left(page.getByText("On disk", { exact: true }))).toBe(
		await left(page.locator(".cm-merge-a")),
	);
	expect(await left(page.getByText("Result (yours"))).toBe(await left(page.locator(".cm-merge-b")));
});

test("where both changed the same line, the reader decides", async ({ edit }) => {
	const all = await edit(total);
	const { reader, page, disk } = all;
	await clash(all, (text) => text.replace("The total", "The sum"));
	await reader.id("merge").click();
	await page.getByText("One place was changed on both sides").waitFor();
	await page.locator(".cm-merge-revert button").first().click();
	await page.locator(".cm-merge-b .cm-content").click();
	await page.keyboard.press("Control+Home");
	await page.keyboard.type("// decided\n");
	await reader.id("save-merged").click();
	await expect.poll(() => disk.text(total)).toMatch(/^\/\/ decided\n\/\/ The sum/);
});

test("theirs can be taken and mine can be kept, and each asks first", async ({ edit }) => {
	const all = await edit(total);
	const { reader, disk, text } = all;
	await clash(all);
	await reader.button("Take theirs").click();
	await reader.id("confirm").click();
	await reader.id("dirty").waitFor({ state: "detached" });
	expect(await text()).toMatch(/^\/\/ The total.*\/\/ theirs\n$/s);
	await clash(all, (text) => text.replace("theirs", "theirs too"));
	await reader.button("Keep mine").click();
	await reader.id("confirm").click();
	await expect.poll(() => disk.text(total)).toMatch(/^\/\/ mine \/\/ The total.*\/\/ theirs\n$/s);
	await reader.id("dirty").waitFor({ state: "detached" });
});

test("saving over a change that was not noticed is refused", async ({ edit }) => {
	const { reader, page, disk, type } = await edit(total);
	await type("// mine ");
	disk.put(total, "// theirs\n");
	await page.keyboard.press("Control+s");
	await reader.id("clash").waitFor();
	expect(disk.text(total)).toBe("// theirs\n");
});

test("somebody writing the same is no conflict", async ({ edit }) => {
	const { reader, disk, type } = await edit(total);
	await type("x");
	await reader.id("dirty").waitFor();
	disk.write(total, `x${disk.text(total)}`);
	await reader.id("dirty").waitFor({ state: "detached" });
	expect(await reader.id("clash").count()).toBe(0);
});

test("a file that is deleted on disk can be saved again", async ({ edit }) => {
	const { reader, disk, page } = await edit(total);
	await page.getByText("The total of a cart").waitFor();
	disk.remove("src/cart");
	await reader.id("gone").waitFor();
	await reader.button("Save it again").click();
	await expect.poll(() => disk.text(total)).toMatch(/^\/\/ The total/);
	await reader.id("gone").waitFor({ state: "detached" });
});

test("without the server nothing is lost, and saving says why it did not work", async ({ edit, mock }) => {
	const { reader, page, server, type } = await edit(total);
	await type("// offline ");
	await server.close();
	await page.keyboard.press("Control+s");
	await reader.id("refused").getByText("cannot be reached").waitFor();
	const back = await mock({ port: Number(new URL(server.url).port) });
	await reader.connection();
	await reader.id("refused").getByRole("button").click();
	await expect.poll(() => filesOf(back.world).disk("shop").text(total)).toMatch(/^\/\/ offline/);
});

test("the size of the text is changed while it is open; files save by themselves when that is chosen", async ({
	edit,
}) => {
	const { reader, page, disk, type, code } = await edit(total);
	await code.waitFor();
	await page.keyboard.press("Control+Comma");
	await page.getByLabel("Editor").fill("17");
	await page.getByLabel("Save files by themselves").click();
	await page.keyboard.press("Escape");
	const size = () => page.locator(".cm-editor").evaluate((editor) => getComputedStyle(editor).fontSize);
	await expect.poll(size).toBe("17px");
	await type("// auto ");
	await reader.id("dirty").waitFor({ state: "detached" });
	await expect.poll(() => disk.text(total)).toMatch(/^\/\/ auto/);
});

test("what is not UTF-8 can be read but not damaged", async ({ edit }) => {
	const { reader, page, disk, code, text } = await edit("docs/latin.txt");
	await reader.id("encoding").getByText("Windows-1252").waitFor();
	await code.click();
	await page.keyboard.type("x");
	await page.keyboard.press("Control+s");
	expect(await text()).toBe("café\n");
	expect(disk.entries.get("docs/latin.txt").bytes).toEqual(Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a]));
});

test("what is no text is shown as what it is", async ({ edit }) => {
	const { reader, page, disk } = await edit("docs/data.bin");
	await reader.id("hex").getByText("00 01 02 03 3c 62 3e ff").waitFor();
	await reader.id("hex").getByText("····<b>·").waitFor();
	await reader.go("#/f/shop/docs/pixel.png");
	await page.getByText("1 × 1,").waitFor();
	disk.put(
		"docs/logo.svg",
		'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><script>alert(1)</script></svg>',
	);
	await reader.go("#/f/shop/docs/logo.svg");
	await page.locator(".cm-content").waitFor();
	await reader.button("More about this file").click();
	await page.getByRole("menuitem", { name: "Show as picture" }).click();
	await page.getByText("8 × 8,").waitFor();
	await reader.go("#/f/shop/docs/none.txt");
	await page.getByText("There is no file of this name").waitFor();
	disk.write("docs/none.txt", "here now\n");
	await page.getByText("here now").waitFor();
});

test("of a large file the beginning is shown, of a huge one only how to get it", async ({ edit }) => {
	const before = (disk) => {
		disk.put("large.log", `${"a line of a long log\n".repeat(150_000)}`);
		disk.put("huge.log", Buffer.alloc(21 * 1024 * 1024, "x"));
	};
	const { reader, page, code } = await edit("large.log", { before });
	await reader.id("part").getByText("3.0 MB").waitFor();
	await code.click();
	await page.keyboard.type("x");
	expect(await reader.id("dirty").count()).toBe(0);
	await reader.go("#/f/shop/huge.log");
	await page.getByText("too much to be shown here").waitFor();
	const [file] = await Promise.all([page.waitForEvent("download"), reader.id("download").click()]);
	expect(file.url()).toMatch(/huge.log\?download=1$/);
});

test("an address names a line; lines and words are found", async ({ edit }) => {
	const { reader, page, code } = await edit(`${total}?line=9`);
	await reader.id("caret").getByText("Ln 9, Col 1").waitFor();
	await reader.id("caret").click();
	await page.locator(".cm-goto-line input").fill("2");
	await page.keyboard.press("Enter");
	await reader.id("caret").getByText("Ln 2, Col 1").waitFor();
	await code.click();
	await page.keyboard.press("Control+f");
	await page.locator(".cm-search input[name=search]").pressSequentially("voucher");
	await expect.poll(() => page.locator(".cm-searchMatch").count()).toBe(3);
	await page.locator(".cm-search input[name=replace]").pressSequentially("coupon");
	await page.locator(".cm-search button[name=replaceAll]").click();
	await page.getByText("items: readonly Item[], coupon = 0").waitFor();
	await reader.id("dirty").waitFor();
});

test("a file that is moved keeps its editor and what was typed", async ({ edit }) => {
	const { reader, page, disk, type } = await edit(total);
	await type("// moved ");
	await reader.id("dirty").waitFor();
	await reader.go("#/files/shop");
	await page.locator("[data-path=src]").click();
	await page.locator("[data-path='src/cart']").click({ button: "right" });
	await page.getByRole("menuitem", { name: "Rename or move…" }).click();
	await reader.id("name-field").fill("basket");
	await page.keyboard.press("Enter");
	await page.locator("[data-path='src/basket']").waitFor();
	await reader.go("#/f/shop/src/basket/total.ts");
	await page.getByText("// moved // The total").waitFor();
	await reader.id("save").click();
	await expect.poll(() => disk.text("src/basket/total.ts")).toMatch(/^\/\/ moved/);
});

test("on a phone long lines wrap and nothing is wider than the screen", async ({ edit }) => {
	const all = await edit(total, { context: phone });
	const { reader, page } = all;
	const fits = async () =>
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
	await clash(all, (text) => text.replace("The total", "The sum"));
	await fits();
	await reader.id("merge").tap();
	await page.getByText("One place was changed on both sides").waitFor();
	await page.getByRole("button", { name: "Take theirs" }).last().tap();
	await fits();
	await reader.id("save-merged").tap();
	await expect.poll(() => all.disk.text(total)).toMatch(/^\/\/ The sum/);
});
