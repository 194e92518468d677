import { execFileSync } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sampleFiles } from "../tests/mock/sample.mjs";
import { test as base, expect } from "./fixtures.mjs";

const test = base.extend({
	/** A workspace with files in it, on disk and on the page. */
	shop: async ({ open }, use) => {
		await use(async () => {
			const { server, reader, page } = await open({ model: undefined });
			const { path: folder } = await server.call("POST", "/api/workspaces", { name: "shop" });
			const put = async (path, content) => {
				await mkdir(dirname(join(folder, path)), { recursive: true });
				await writeFile(join(folder, path), content);
			};
			for (const [path, content] of sampleFiles()) await put(path, content);
			const text = (path) => readFile(join(folder, path), "utf8").catch(() => undefined);
			const git = (...args) => execFileSync("git", ["-C", folder, ...args], { encoding: "utf8" });
			const row = (path) => page.locator(`[data-testid=tree-row][data-path=${JSON.stringify(path)}]`);
			return { server, reader, page, folder, put, text, git, row };
		});
	},
});

const total = "src/cart/total.ts";

test("files are found, created, moved, uploaded, downloaded and deleted", async ({ shop }) => {
	const { reader, page, folder, put, text, row } = await shop();
	await reader.go("#/files/shop");
	await row("src").click();
	await row("src/app.ts").waitFor();
	await put("src/outside.ts", "made by a program\n");
	await row("src/outside.ts").waitFor();
	await rm(join(folder, "src/outside.ts"));
	await row("src/outside.ts").waitFor({ state: "detached" });

	await reader.id("new-file").click();
	await reader.id("name-field").fill("deep/new.ts");
	await page.keyboard.press("Enter");
	await reader.id("editor").waitFor();
	expect(await text("src/deep/new.ts")).toBe("");
	await reader.go("#/files/shop");
	await row("src/deep/new.ts").click({ button: "right" });
	await page.getByRole("menuitem", { name: "Rename or move…" }).click();
	await reader.id("name-field").fill("/moved.ts");
	await page.keyboard.press("Enter");
	await row("moved.ts").waitFor();
	await row("moved.ts").click({ button: "right" });
	await page.getByRole("menuitem", { name: "Delete…" }).click();
	await reader.id("confirm").click();
	await row("moved.ts").waitFor({ state: "detached" });
	expect(await text("moved.ts")).toBeUndefined();

	await reader.id("files-filter").fill("totts");
	await row(total).waitFor();
	await reader.id("files-filter").press("Escape");
	await row("README.md").click();
	await reader.go("#/files/shop");
	const file = (name, content) => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) });
	await reader.id("upload-files").setInputFiles([file("up.txt", "up\n"), file("package.json", "mine\n")]);
	await row("up.txt").waitFor();
	await reader.id("upload").getByRole("button", { name: "Replace" }).click();
	await reader.id("uploads").waitFor({ state: "detached" });
	expect(await text("package.json")).toBe("mine\n");

	await row("src").click({ button: "right" });
	const zip = page.getByRole("menuitem", { name: "Download as zip" });
	const [download] = await Promise.all([page.waitForEvent("download"), zip.click()]);
	expect(download.suggestedFilename()).toBe("src.zip");
	const buffer = await readFile(await download.path());
	await rm(join(folder, "src"), { recursive: true });
	await row("src").waitFor({ state: "detached" });
	await reader.id("import-zip").setInputFiles({ name: "src.zip", mimeType: "application/zip", buffer });
	await row("src").waitFor();
	expect(await text(total)).toContain("export function total");
});

test("what a program writes into an open file appears; changes of both are merged", async ({ shop }) => {
	const { reader, page, folder, put, text } = await shop();
	await reader.go(`#/f/shop/${total}`);
	const code = page.locator(".cm-content");
	await code.click();
	await page.keyboard.press("Control+Home");
	await page.keyboard.type("// mine ");
	await page.keyboard.press("Control+s");
	await reader.id("dirty").waitFor({ state: "detached" });
	expect(await text(total)).toMatch(/^\/\/ mine \/\/ The total/);
	await put(total, `// theirs\n${await text(total)}`);
	await page.getByText("// theirs").waitFor();
	expect(await reader.id("dirty").count()).toBe(0);

	await page.keyboard.press("Control+End");
	await page.keyboard.type("// end");
	await reader.id("dirty").waitFor();
	await put(total, `// top\n${await text(total)}`);
	await reader.id("clash").waitFor();
	await page.reload();
	await reader.id("clash").waitFor();
	await reader.id("merge").click();
	await page.getByText("Both changes fit together").waitFor();
	await reader.id("save-merged").click();
	await reader.id("dirty").waitFor({ state: "detached" });
	expect(await text(total)).toMatch(/^\/\/ top\n\/\/ theirs\n\/\/ mine .*\/\/ end$/s);
	await rm(join(folder, total));
	await reader.id("gone").waitFor();
});

test("a comment on a line goes to the agent as a prompt", async ({ shop }) => {
	const { reader, page, put, text } = await shop();
	await reader.button("New session in shop").click();
	await reader.button("Review what changed in shop").click();
	await reader.id("git-init").click();
	await reader.id("commit-message").fill("The first");
	await reader.id("commit").click();
	await page.getByText("Nothing to commit").waitFor();
	await put(total, `// new\n${await text(total)}`);
	await page.getByRole("button", { name: "Comment on line 1", exact: true }).click();
	await reader.id("comment-text").fill("Is this needed?");
	await reader.id("save-comment").click();
	await reader.id("send-comments").click();
	await reader.id("send-now").click();
	const prompt = await reader.saying("Is this needed?", "prompt").innerText();
	expect(prompt).toContain("src/cart/total.ts");
	expect(prompt).toContain("// new");
});

test("text is searched and replaced in files", async ({ shop }) => {
	const { reader, page, text } = await shop();
	await reader.go("#/search/shop");
	await page.getByPlaceholder("Search in files").fill("vouc(h)er");
	await reader.button("Regular expression").click();
	await reader.id("search-summary").getByText("4 matches in 2 files").waitFor();
	await reader.id("toggle-replace").click();
	await page.getByLabel("Replace with").fill("vouc$1");
	await reader.id("replace-all").click();
	await reader.id("confirm").click();
	await reader.id("outcome").getByText("Replaced 4 matches in 2 files.").waitFor();
	expect(await text(total)).toContain("total(items) - vouch)");
});

test("changes are reviewed: staged, discarded and committed, whole and in part", async ({ shop }) => {
	const { reader, page, put, text, git } = await shop();
	const lines = (change = (line) => line) =>
		`${Array.from({ length: 60 }, (_, i) => change(`line ${i + 1}`)).join("\n")}\n`;
	await put("my files/long ü.txt", lines());
	await reader.go("#/review/shop");
	await reader.id("git-init").click();
	await reader.id("commit-message").fill("The first");
	await reader.id("commit").click();
	await page.getByText("Nothing to commit").waitFor();

	const changed = (wanted) => lines((line) => (wanted.includes(line) ? `${line} changed` : line));
	await put("my files/long ü.txt", changed(["line 5", "line 50"]));
	const file = page.locator('[data-file="my files/long ü.txt"]');
	await file.getByText("line 50 changed").waitFor();
	await file.getByRole("button", { name: "Stage change" }).nth(1).click();
	await page.getByText("1 changed file, 0 staged, 1 partly staged").waitFor();
	await file.getByRole("button", { name: "Stage change", exact: true }).click();
	await page.getByText("1 changed file, 1 staged").waitFor();
	await file.getByRole("button", { name: "Unstage change" }).first().click();
	await page.getByText("1 changed file, 0 staged, 1 partly staged").waitFor();
	await reader.id("base").selectOption({ label: "Not staged" });
	await file.getByRole("button", { name: "Discard…" }).nth(1).click();
	await reader.id("confirm").click();
	await page.getByText("There is no difference.").waitFor();
	expect(await text("my files/long ü.txt")).toBe(changed(["line 50"]));
	await reader.id("commit-message").fill("Line 50");
	await reader.id("commit").getByText("Commit 1 file").click();
	await page.getByText("Nothing to commit").waitFor();
	expect(git("log", "--format=%s").trim().split("\n")).toEqual(["Line 50", "The first"]);
	expect(git("status", "--porcelain")).toBe("");
});
