import { filesOf } from "../mock/files.mjs";
import { hostileNames } from "../mock/sample.mjs";
import { test as base, expect } from "./fixtures.mjs";

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const wide = { viewport: { width: 1600, height: 900 } };

const test = base.extend({
	/** The review of the workspace "shop", in which `change` changed something before. */
	review: async ({ open }, use) => {
		await use(async (change, context) => {
			const { reader, page, server } = await open({}, context);
			const disk = filesOf(server.world).disk("shop");
			change?.(disk);
			await reader.go("#/review/shop");
			const diff = (path) => page.locator(`[data-testid=file-diff][data-file=${JSON.stringify(path)}]`);
			const listed = (path) => page.locator(`[data-testid=changed-file][data-path=${JSON.stringify(path)}]`);
			const number = (name) => page.getByRole("button", { name, exact: true });
			return { reader, page, server, disk, git: disk.git, diff, listed, number };
		});
	},
});

const total = "src/cart/total.ts";
const long = (change = (line) => line) =>
	`${Array.from({ length: 60 }, (_, i) => change(`line ${i + 1}`)).join("\n")}\n`;

/** One file changed in two places, one new, one gone. */
function changes(disk) {
	disk.put("long.txt", long());
	disk.git.commitAll("long");
	disk.put(
		"long.txt",
		long((line) => (/^line (5|50)$/.test(line) ? `${line} changed` : line)),
	);
	disk.put("fresh.ts", "export const a = 1;\n");
	disk.remove("src/style.css");
}

test("changed files are listed with their lines", async ({ review }) => {
	const { page, diff, listed } = await review(changes);
	await page.getByText("3 changed files, 0 staged").waitFor();
	await diff("long.txt").getByText("+2", { exact: true }).waitFor();
	const lines = diff("long.txt").getByTestId("diff-line");
	expect(await lines.filter({ hasText: "line 50 changed" }).getAttribute("data-is")).toBe("added");
	await listed("src/style.css").getByText("D", { exact: true }).waitFor();
	await listed("fresh.ts").getByText("U", { exact: true }).waitFor();
	await listed("src/style.css").getByRole("button", { name: "style.css" }).first().click();
	await diff("src/style.css").getByText("display: grid;").waitFor();
	await diff("long.txt").getByRole("button", { name: "Lines of long.txt" }).click();
	await lines.first().waitFor({ state: "detached" });
	await diff("long.txt").getByRole("link", { name: "long.txt" }).click();
	await page.getByTestId("editor").waitFor();
});

test("with room for it, old and new stand side by side", async ({ review }) => {
	const { reader, page, diff } = await review(changes, wide);
	await diff("long.txt").getByText("line 5 changed").waitFor();
	await reader.id("split").click();
	const row = diff("long.txt").getByTestId("diff-line").filter({ hasText: "line 5 changed" });
	await expect.poll(() => row.locator("td").count()).toBe(4);
	expect(await row.locator("td").nth(1).textContent()).toContain("line 5");
	expect(await row.locator(".changed").textContent()).toContain("changed");
	await page.reload();
	await expect.poll(() => row.locator("td").count()).toBe(4);
});

test("files are staged and taken back with their boxes", async ({ review }) => {
	const { reader, page, git, listed } = await review(changes);
	await listed("fresh.ts").getByRole("checkbox").check();
	await page.getByText("3 changed files, 1 staged").waitFor();
	expect(git.index.get("fresh.ts")).toBe("export const a = 1;\n");
	await reader.id("stage-all").click();
	await page.getByText("3 changed files, 3 staged").waitFor();
	await reader.id("stage-all").click();
	await page.getByText("3 changed files, 0 staged").waitFor();
	expect(git.index.has("fresh.ts")).toBe(false);
});

test("single changes are staged, unstaged and discarded", async ({ review }) => {
	const { reader, page, disk, git, diff } = await review(changes);
	const file = diff("long.txt");
	await file.getByRole("button", { name: "Stage change" }).nth(1).click();
	await page.getByText("3 changed files, 0 staged, 1 partly staged").waitFor();
	expect(git.index.get("long.txt")).toBe(long((line) => (line === "line 50" ? "line 50 changed" : line)));
	await file.getByRole("button", { name: "Unstage change" }).waitFor();
	await file.getByRole("button", { name: "Stage change", exact: true }).click();
	await page.getByText("3 changed files, 1 staged").waitFor();
	expect(git.index.get("long.txt")).toBe(disk.text("long.txt"));
	await file.getByRole("button", { name: "Unstage change" }).first().click();
	await page.getByText("1 partly staged").waitFor();

	await reader.id("base").selectOption({ label: "Staged" });
	await file.getByText("line 50 changed").waitFor();
	expect(await file.getByText("line 5 changed").count()).toBe(0);
	await file.getByRole("button", { name: "Unstage change" }).click();
	await page.getByText("There is no difference.").waitFor();
	expect(git.index.get("long.txt")).toBe(long());

	await reader.id("base").selectOption({ label: "Not staged" });
	await file.getByRole("button", { name: "Discard…" }).nth(1).click();
	await page.getByText("Around line 2 of long.txt").waitFor();
	await reader.id("confirm").click();
	await file.getByText("line 5 changed").waitFor({ state: "detached" });
	expect(disk.text("long.txt")).toBe(long((line) => (line === "line 50" ? "line 50 changed" : line)));
});

test("discarding a file asks first; a new one is deleted", async ({ review }) => {
	const { reader, page, disk, listed, diff } = await review(changes);
	await listed("src/style.css").hover();
	await reader.button("Discard changes of src/style.css").click();
	await reader.button("Keep it").click();
	expect(disk.text("src/style.css")).toBeUndefined();
	await diff("src/style.css").getByRole("button", { name: "Discard…" }).click();
	await reader.id("confirm").click();
	await listed("src/style.css").waitFor({ state: "detached" });
	expect(disk.text("src/style.css")).toContain("grid");
	await diff("fresh.ts").getByRole("button", { name: "Discard…" }).click();
	await page.getByText("It is in no commit").waitFor();
	await reader.id("confirm").click();
	await listed("fresh.ts").waitFor({ state: "detached" });
	expect(disk.text("fresh.ts")).toBeUndefined();
});

test("a commit takes what is staged, else everything; the last one can be amended", async ({ review }) => {
	const { reader, page, git, listed } = await review(changes);
	const { length } = git.commits;
	expect(await reader.id("commit").isDisabled()).toBe(true);
	await listed("fresh.ts").getByRole("checkbox").check();
	await reader.id("commit").getByText("Commit 1 file").waitFor();
	await reader.id("commit-message").fill("A fresh file\n\nIt is new.");
	await page.reload();
	await expect.poll(() => reader.id("commit-message").inputValue()).toBe("A fresh file\n\nIt is new.");
	await reader.id("commit").click();
	await page.getByText("2 changed files, 0 staged").waitFor();
	expect(git.commits.slice(length)).toEqual(["A fresh file\n\nIt is new."]);
	expect(await reader.id("commit-message").inputValue()).toBe("");

	await reader.id("commit-message").fill("The rest");
	await reader.id("commit").getByText("Commit all 2 files").waitFor();
	await reader.id("commit-message").press("Control+Enter");
	await page.getByText("Nothing has changed since the last commit.").waitFor();
	await page.getByLabel("Amend the last").check();
	await reader.id("commit-message").fill("The rest, said better");
	await reader.id("commit").getByText("Amend the message").click();
	await expect.poll(() => git.commits.at(-1)).toBe("The rest, said better");
	expect(git.commits.length).toBe(length + 2);
});

test("other branches can be compared with, and what the agent does is seen at once", async ({ review }) => {
	const { reader, page, disk, diff } = await review();
	await page.getByText("Nothing has changed since the last commit.").waitFor();
	disk.write("README.md", "# Store\n");
	await diff("README.md").getByText("# Store").waitFor();
	await reader.id("base").selectOption("old");
	await diff("package.json").scrollIntoViewIfNeeded();
	await diff("package.json").getByText('"name": "shop"').waitFor();
	expect(await diff("README.md").getByRole("button", { name: "Stage", exact: true }).count()).toBe(0);
});

test("comments on lines are kept, and sent to the agent of a session", async ({ review }) => {
	const { reader, page, server, diff, number } = await review(changes);
	const file = diff("long.txt");
	await file.getByText("line 5 changed").waitFor();
	await number("Comment on line 5").click();
	await reader.id("comment-text").fill("Why only this?");
	await reader.id("save-comment").click();
	await number("Comment on line 50, which was removed").click();
	await reader.id("comment-text").fill("Keep <b>this</b>.");
	await reader.id("comment-text").press("Control+Enter");
	await reader.id("comments-bar").getByText("2 comments to send").waitFor();
	await page.reload();
	await file.getByText("Why only this?").waitFor();
	await file.getByText("Keep <b>this</b>.").waitFor();

	await reader.id("send-comments").click();
	await page.getByLabel("To", { exact: true }).selectOption({ label: "Move the cart to Svelte 5" });
	await reader.id("send-now").click();
	await page.getByRole("heading", { name: "Move the cart to Svelte 5" }).waitFor();
	const session = [...server.world.sessions.values()].find(
		({ title }) => title === "Move the cart to Svelte 5",
	);
	expect(session.events.filter(({ type }) => type === "prompt").at(-1).text).toBe(
		[
			"Please address these 2 comments from my review:",
			"long.txt:5\n```\nline 5 changed\n```\nWhy only this?",
			"long.txt:50 (a line that was removed)\n```\nline 50\n```\nKeep <b>this</b>.",
		].join("\n\n"),
	);
	await reader.go("#/review/shop");
	await file.getByText("line 5 changed").waitFor();
	expect(await reader.id("comments-bar").count()).toBe(0);
});

test("a comment can be changed and taken back; the keyboard goes from line to line", async ({ review }) => {
	const { reader, page, diff, number } = await review(changes);
	await diff("long.txt").getByText("line 5 changed").waitFor();
	await number("Comment on line 2").focus();
	for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Enter");
	await page.keyboard.type("Hm.");
	await reader.id("save-comment").click();
	await reader.id("comment").getByText("Hm.").waitFor();
	await reader.id("comment").getByRole("button", { name: "Edit" }).click();
	await reader.id("comment-text").fill("Aha.");
	await reader.id("save-comment").click();
	await reader.id("comment").getByText("Aha.").waitFor();
	await reader.id("comment").getByRole("button", { name: "Remove" }).click();
	await reader.id("comments-bar").waitFor({ state: "detached" });
});

test("a workspace without git can be made a repository", async ({ review }) => {
	const { reader, page } = await review((disk) => {
		disk.git.repository = false;
	});
	await reader.id("git-init").click();
	await page.getByText("Nothing has changed since the last commit.").waitFor();
});

test("names and lines that pretend to be something else stay text", async ({ review }) => {
	const { page, diff } = await review((disk) => {
		for (const name of hostileNames) disk.write(`docs/${name}`, "<img src=x onerror=alert(1)>\u202eterces\n");
	});
	for (const name of hostileNames)
		await diff(`docs/${name}`).getByText("<img src=x onerror=alert(1)>⟨U+202E⟩terces").waitFor();
	expect(await page.locator("[data-testid=review] img").count()).toBe(0);
	await diff(`docs/${hostileNames[1]}`).getByRole("link", { name: "invoice⟨U+202E⟩txt.exe" }).waitFor();
});

test("of a file of thousands of lines only those near the eye are drawn", async ({ review }) => {
	const { page, diff } = await review((disk) => {
		disk.put("many.txt", "old line\n".repeat(2000));
		disk.git.commitAll("many");
		disk.write("many.txt", "new line\n".repeat(2000));
	});
	await diff("many.txt").getByText("4000 lines.").waitFor();
	await diff("many.txt").getByRole("button", { name: "Show them" }).click();
	await diff("many.txt").getByTestId("diff-line").first().waitFor();
	expect(await page.getByTestId("diff-line").count()).toBeLessThan(600);
	await diff("many.txt").evaluate((node) => node.scrollIntoView({ block: "end" }));
	await diff("many.txt").getByText("2000", { exact: true }).waitFor();
	expect(await page.getByTestId("diff-line").count()).toBeLessThan(600);
});

test("on a phone lines stand one under the other, and nothing is wider than the screen", async ({
	review,
}) => {
	const { reader, page, diff, git, listed, number } = await review(changes, phone);
	const fits = async () =>
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
	await diff("long.txt").getByText("line 5 changed").waitFor();
	await fits();
	expect(await reader.id("split").count()).toBe(0);
	const line = diff("long.txt").getByTestId("diff-line").filter({ hasText: "line 5 changed" });
	const { width } = await line.locator("td").last().boundingBox();
	await number("Comment on line 5").tap();
	await reader.id("comment-text").fill("On the way.");
	await reader.id("save-comment").tap();
	await fits();
	expect((await line.locator("td").last().boundingBox()).width).toBe(width);
	await listed("fresh.ts").getByRole("checkbox").tap();
	await page.getByText("1 staged").waitFor();
	expect(git.index.has("fresh.ts")).toBe(true);
	expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(844);
});

test("the agent's line ends and a missing last one are told", async ({ review }) => {
	const { diff } = await review((disk) => disk.write(total, disk.text(total).trimEnd()));
	await diff(total).getByText("⌀").waitFor();
});
