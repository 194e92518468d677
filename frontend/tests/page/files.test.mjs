import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { filesOf } from "../mock/files.mjs";
import { hostileNames } from "../mock/sample.mjs";
import { test as base, expect } from "./fixtures.mjs";

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const test = base.extend({
	/** The files of the workspace "shop", on the page and on the mock's disk. */
	files: async ({ open }, use) => {
		await use(async (context) => {
			const { reader, page, server } = await open({}, context);
			await reader.go("#/files/shop");
			const row = (path) => page.locator(`[data-testid=tree-row][data-path=${JSON.stringify(path)}]`);
			await row("src").waitFor();
			return { reader, page, server, row, tree: reader.id("tree"), disk: filesOf(server.world).disk("shop") };
		});
	},
});

test("levels are read when they are unfolded; the keyboard walks and opens", async ({ files }) => {
	const { page, row, tree, reader } = await files();
	expect(await row("src/app.ts").count()).toBe(0);
	await row("src").click();
	await row("src/app.ts").waitFor();
	expect(await row("src").getAttribute("aria-expanded")).toBe("true");
	expect(await row("src/app.ts").getAttribute("aria-level")).toBe("2");
	await tree.focus();
	await page.keyboard.press("ArrowRight");
	await page.keyboard.press("ArrowRight");
	await row("src/cart/total.ts").waitFor();
	await page.keyboard.press("t");
	expect(await tree.getAttribute("aria-activedescendant")).toBe(
		await row("src/cart/total.test.ts").getAttribute("id"),
	);
	await page.keyboard.press("ArrowLeft");
	await page.keyboard.press("ArrowLeft");
	expect(await row("src/cart/total.ts").count()).toBe(0);
	await page.keyboard.press("End");
	await page.keyboard.press("Enter");
	await reader.id("editor").waitFor();
	expect(new URL(page.url()).hash).toBe("#/f/shop/README.md");
});

test("no row is chosen before the reader was there", async ({ files }) => {
	const { page, row, tree } = await files();
	const chosen = tree.locator("[aria-selected=true]");
	expect(await chosen.count()).toBe(0);
	await tree.focus();
	await page.keyboard.press("End");
	await expect.poll(() => chosen.count()).toBe(1);
	expect(await row("README.md").getAttribute("aria-selected")).toBe("true");
});

test("what git knows of a file is a letter and in words", async ({ files }) => {
	const { row, disk } = await files();
	await row("src").click();
	disk.write("src/app.ts", "changed\n");
	disk.write("src/fresh.ts", "new\n");
	await row("src/fresh.ts").getByText("U", { exact: true }).waitFor();
	await row("src/app.ts").getByText("M", { exact: true }).waitFor();
	await row("src/app.ts").getByText(", changed").waitFor({ state: "attached" });
	await row("src").getByText(", has changes").waitFor({ state: "attached" });
});

test("what happens on disk is seen at once, and after a message that much happened", async ({ files }) => {
	const { row, disk } = await files();
	await row("server").click();
	await row("server/queue.go").waitFor();
	disk.remove("server/queue.go");
	await row("server/queue.go").waitFor({ state: "detached" });
	disk.put("server/untold.go", "package server\n");
	disk.tell([], true);
	await row("server/untold.go").waitFor();
	disk.remove("server");
	await row("server").waitFor({ state: "detached" });
	expect(await row("server/untold.go").count()).toBe(0);
});

test("a connection that was lost is followed by another look", async ({ files }) => {
	const { row, disk, server, reader } = await files();
	const mend = server.cut();
	await reader.connection("reconnecting");
	disk.write("meanwhile.txt", "here\n");
	mend();
	await row("meanwhile.txt").waitFor();
});

test("files and folders are created where the cursor is, and opened", async ({ files }) => {
	const { reader, page, row, disk } = await files();
	await row("src").click();
	await row("src/app.ts").waitFor();
	await reader.id("new-folder").click();
	await reader.id("name-field").fill("lib");
	await page.keyboard.press("Enter");
	await row("src/lib").waitFor();
	await reader.id("new-file").click();
	await reader.id("name-field").fill("deep/math.ts");
	await page.keyboard.press("Enter");
	await reader.id("editor").waitFor();
	expect(disk.text("src/lib/deep/math.ts")).toBe("");
	expect(new URL(page.url()).hash).toBe("#/f/shop/src/lib/deep/math.ts");
});

test("a file is renamed with F2, also to elsewhere; a taken name is refused", async ({ files }) => {
	const { reader, page, row, tree, disk } = await files();
	await row("README.md").click({ button: "right" });
	await page.getByRole("menuitem", { name: "Rename or move…" }).click();
	await reader.id("name-field").fill("GUIDE.md");
	await page.keyboard.press("Enter");
	await row("GUIDE.md").waitFor();
	await tree.focus();
	await page.keyboard.press("F2");
	expect(await reader.id("name-field").inputValue()).toBe("GUIDE.md");
	await reader.id("name-field").fill("docs/guide/intro.md");
	await page.keyboard.press("Enter");
	await row("docs/guide/intro.md").waitFor();
	expect(disk.text("docs/guide/intro.md")).toMatch(/^# Shop/);
	await page.keyboard.press("F2");
	await reader.id("name-field").fill("/package.json");
	await page.keyboard.press("Enter");
	await page.getByText("There is something at package.json already.").waitFor();
	await tree.focus();
	await page.keyboard.press("F2");
	await reader.id("name-field").fill("../../../outside");
	await page.keyboard.press("Enter");
	await page.getByText("leads out of the workspace").waitFor();
	expect(disk.text("docs/guide/intro.md")).toBeDefined();
});

test("deleting asks first", async ({ files }) => {
	const { reader, page, row, tree, disk } = await files();
	await row("docs").click();
	await row("docs").click();
	await tree.focus();
	await page.keyboard.press("Delete");
	await page.getByText("with everything in it").waitFor();
	await reader.button("Keep it").click();
	expect(disk.entries.has("docs/pixel.png")).toBe(true);
	await tree.focus();
	await page.keyboard.press("Delete");
	await reader.id("confirm").click();
	await row("docs").waitFor({ state: "detached" });
	expect(disk.entries.has("docs/pixel.png")).toBe(false);
});

test("files are moved by dragging, and by cutting and pasting", async ({ files }) => {
	const { page, row, tree, disk, reader } = await files();
	await row("package.json").dragTo(row("server"));
	await row("server/package.json").waitFor();
	expect(disk.text("package.json")).toBeUndefined();
	await row("server/package.json").dragTo(tree, { targetPosition: { x: 200, y: 500 } });
	await row("package.json").waitFor();

	await row("src").click();
	await row("src/style.css").waitFor();
	await tree.focus();
	for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Control+x");
	await page.keyboard.press("Home");
	await page.keyboard.press("Control+v");
	await row("docs/style.css").waitFor();
	expect(disk.text("src/style.css")).toBeUndefined();
	await row("src").dragTo(row("src/cart"));
	await expect.poll(() => disk.text("src/app.ts")).toBeDefined();
	expect(await reader.id("tree-row").filter({ hasText: "app.ts" }).count()).toBe(1);
});

test("files are uploaded; one that is there already is asked about", async ({ files }) => {
	const { reader, row, disk } = await files();
	const file = (name, text) => ({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
	await reader
		.id("upload-files")
		.setInputFiles([file("notes.txt", "hello\n"), file("package.json", "mine\n")]);
	await row("notes.txt").waitFor();
	expect(disk.text("notes.txt")).toBe("hello\n");
	const clash = reader.id("upload").filter({ hasText: "package.json" });
	await clash.getByText("is there already").waitFor();
	expect(disk.text("package.json")).toMatch(/shop/);
	await clash.getByRole("button", { name: "Replace" }).click();
	await reader.id("uploads").waitFor({ state: "detached" });
	expect(disk.text("package.json")).toBe("mine\n");
});

test("a folder is uploaded with what is in it", async ({ files }) => {
	const { reader, row, disk } = await files();
	const folder = await mkdtemp(join(tmpdir(), "upload-"));
	onTestFinished(() => rm(folder, { recursive: true }));
	await mkdir(join(folder, "site/css"), { recursive: true });
	await writeFile(join(folder, "site/index.html"), "<p>\n");
	await writeFile(join(folder, "site/css/a.css"), "a{}\n");
	await reader.id("upload-folder").setInputFiles(join(folder, "site"));
	await row("site").waitFor();
	await expect.poll(() => disk.text("site/css/a.css")).toBe("a{}\n");
	expect(disk.text("site/index.html")).toBe("<p>\n");
});

test("an upload can be stopped, and files can be dropped on a folder", async ({ files }) => {
	const { reader, page, server, row, disk } = await files();
	const go = server.delay(/files\/slow/);
	// More than can be on its way before the server reads any of it.
	const slow = Buffer.alloc(12 * 1024 * 1024);
	await reader.id("upload-files").setInputFiles({ name: "slow.bin", mimeType: "x/y", buffer: slow });
	await reader.id("upload").filter({ hasText: "slow.bin" }).getByRole("progressbar").waitFor();
	await reader.id("cancel-uploads").click();
	await reader.id("uploads").waitFor({ state: "detached" });
	go();
	const transfer = await page.evaluateHandle(() => {
		const data = new DataTransfer();
		data.items.add(new File(["dropped\n"], "dropped.txt"));
		return data;
	});
	await row("server").dispatchEvent("dragover", { dataTransfer: transfer });
	await row("server").dispatchEvent("drop", { dataTransfer: transfer });
	await expect.poll(() => disk.text("server/dropped.txt")).toBe("dropped\n");
	expect(disk.entries.has("slow.bin")).toBe(false);
});

test("files are downloaded, folders and the whole workspace as zip; a zip is imported", async ({ files }) => {
	const { reader, page, row, disk } = await files();
	const download = async (what) => {
		const [file] = await Promise.all([page.waitForEvent("download"), what()]);
		return file.url();
	};
	const menu = (path, name) => async () => {
		await row(path).click({ button: "right" });
		await page.getByRole("menuitem", { name }).click();
	};
	expect(await download(menu("README.md", "Download"))).toMatch(/files\/README.md\?download=1$/);
	expect(await download(menu("src", "Download as zip"))).toMatch(/export\?path=src$/);
	await reader.button("More about files").click();
	const all = () => page.getByRole("menuitem", { name: "Download all as zip" }).click();
	expect(await download(all)).toMatch(/shop\/export$/);

	const zip = (text) => ({ name: "a.zip", mimeType: "application/zip", buffer: Buffer.from(text) });
	await reader.id("import-zip").setInputFiles(zip("no zip"));
	await page.getByText("This is not a zip file.").waitFor();
	await reader.button("Give up").click();
	await reader.id("import-zip").setInputFiles(zip("PK\u0003\u0004"));
	await row("imported").waitFor();
	await page.getByText("2 symbolic links were left out").waitFor();
	disk.write("imported/readme.txt", "changed\n");
	await reader.id("import-zip").setInputFiles(zip("PK\u0003\u0004"));
	await reader.id("upload").getByRole("button", { name: "Replace" }).click();
	await expect.poll(() => disk.text("imported/readme.txt")).toBe("from a zip\n");
});

test("a few letters find a file anywhere; hidden and ignored files can be left out", async ({ files }) => {
	const { reader, page, row } = await files();
	await reader.id("files-filter").fill("totts");
	await row("src/cart/total.ts").waitFor();
	await expect.poll(() => row("README.md").count()).toBe(0);
	await reader.id("files-filter").fill("zzz");
	await page.getByText("No file is called like that.").waitFor();
	await reader.id("files-filter").press("Escape");
	await row("README.md").waitFor();
	await row(".env").waitFor();
	for (const what of ["hidden", "ignored"]) {
		await reader.button("More about files").click();
		await page.getByRole("menuitem", { name: `Show ${what} files` }).click();
	}
	await row(".env").waitFor({ state: "detached" });
	await row("node_modules").waitFor({ state: "detached" });
	await page.reload();
	await row("README.md").waitFor();
	expect(await row(".env").count()).toBe(0);
	await reader.id("files-filter").fill("queue");
	await row("server/queue.go").waitFor();
	await reader.id("files-filter").press("Enter");
	await reader.id("editor").waitFor();
});

test("names that pretend to be something else stay text", async ({ files }) => {
	const { page, row, reader } = await files();
	await row("docs").click();
	for (const name of hostileNames) await row(`docs/${name}`).waitFor();
	expect(await page.locator("[data-testid=tree] img").count()).toBe(0);
	await row(`docs/${hostileNames[1]}`).getByText("invoice⟨U+202E⟩txt.exe").waitFor();
	await row(`docs/${hostileNames[0]}`).click();
	await reader.id("editor").waitFor();
	await page.getByText("<script>alert(1)</script>").waitFor();
	expect(await page.locator("[data-testid=editor] img:not(.cm-widgetBuffer)").count()).toBe(0);
});

test("thousands of files are a few rows of the page", async ({ files }) => {
	const { page, row, disk, tree } = await files();
	for (let i = 0; i < 3000; i++) disk.put(`many/file-${String(i).padStart(4, "0")}.txt`, "");
	disk.tell([], true);
	await row("many").click();
	await row("many/file-0000.txt").waitFor();
	expect(await page.getByTestId("tree-row").count()).toBeLessThan(100);
	await tree.focus();
	await page.keyboard.press("End");
	await row("README.md").waitFor();
	await page.keyboard.press("ArrowUp");
	await page.keyboard.press("ArrowUp");
	await page.keyboard.press("ArrowUp");
	await page.keyboard.press("ArrowUp");
	await page.keyboard.press("ArrowUp");
	await page.keyboard.press("ArrowUp");
	expect(await row("many/file-2999.txt").getAttribute("aria-posinset")).toBe("3000");
});

test("what cannot be read says so, and can be tried again", async ({ open }) => {
	const { reader, page, server } = await open();
	const disk = filesOf(server.world).disk("shop");
	const level = disk.level;
	disk.level = () => {
		throw { status: 503, title: "Unavailable", detail: "The disk is being looked at." };
	};
	await reader.go("#/files/shop");
	await page.getByText("The disk is being looked at.").waitFor();
	disk.level = level;
	await reader.button("Try again").click();
	await reader.id("tree-row").first().waitFor();
});

test("on a phone everything is within reach of a thumb", async ({ files }) => {
	const { reader, page, row, disk } = await files(phone);
	await row("src").tap();
	await row("src/app.ts").waitFor();
	expect((await row("src/app.ts").boundingBox()).height).toBeGreaterThanOrEqual(40);
	await reader.button("Actions for app.ts").tap();
	await page.getByRole("menuitem", { name: "Rename or move…" }).tap();
	await reader.id("name-field").fill("main.ts");
	await page.keyboard.press("Enter");
	await row("src/main.ts").waitFor();
	expect(disk.text("src/app.ts")).toBeUndefined();
	await row("src/main.ts").tap();
	await reader.id("editor").waitFor();
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
