import { filesOf } from "../mock/files.mjs";
import { test as base, expect } from "./fixtures.mjs";

/** Has the agent answer with a code block, and opens the dialog that applies it. */
async function ask(reader, code, language = "diff") {
	const count = await reader.id("message").count();
	await reader.send(`echo \`\`\`${language}\n${code}\`\`\``);
	await reader.id("message").nth(count).getByRole("button", { name: "Apply…" }).click();
}

const test = base.extend({
	/** The dialog that applies a code block of an answer to the workspace "shop". */
	offer: async ({ open }, use) => {
		await use(async (code) => {
			const { reader, page, server } = await open();
			await reader.listed("Move the cart to Svelte 5").click();
			await reader.id("message").first().waitFor();
			await ask(reader, code);
			return { reader, page, server, disk: filesOf(server.world).disk("shop") };
		});
	},
});

test("neither a patch nor a typed path leads out of the workspace", async ({ offer }) => {
	const { reader, page } = await offer("--- /dev/null\n+++ b/../../notes/files/x\n@@ -0,0 +1 @@\n+out\n");
	await page.getByText("../../notes/files/x: it is no path in this workspace").waitFor();
	expect(await reader.id("apply").isDisabled()).toBe(true);
	await page.keyboard.press("Escape");
	await ask(reader, "out\n", "ts");
	await page.getByLabel("File in shop").fill("src/../../notes/x.ts");
	await page.getByText("src/../../notes/x.ts: it is no path in this workspace").waitFor();
	expect(await reader.id("apply").isDisabled()).toBe(true);
});

const adding = (path, line) => `--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${line}\n`;

test("a patch is refused as a whole when it says other than what would be done", async ({ offer }) => {
	const { reader, page, disk } = await offer(adding("README.md", "on top"));
	const before = disk.text("README.md");
	await page.getByText("README.md: The patch makes this file, and there is one already.").waitFor();
	expect(await reader.id("apply").isDisabled()).toBe(true);
	await page.keyboard.press("Escape");
	await ask(reader, adding("x.txt", "1") + adding("x.txt", "2"));
	await page.getByText("x.txt: the patch has more than one part for it").waitFor();
	expect(await reader.id("apply").isDisabled()).toBe(true);
	expect([disk.text("README.md"), disk.text("x.txt")]).toEqual([before, undefined]);
});

test("a patch that fails on its way says what is written, and goes on from there", async ({ offer }) => {
	const { reader, page, disk } = await offer(["a", "b", "c"].map((n) => adding(`${n}.txt`, n)).join(""));
	await page.getByText("Change 3 files").waitFor();
	disk.put("b.txt", "theirs\n");
	await reader.id("apply").click();
	await page.getByText("b.txt: it has just been changed; look again. Written before it: a.txt.").waitFor();
	expect(["a.txt", "b.txt", "c.txt"].map((path) => disk.text(path))).toEqual(["a\n", "theirs\n", undefined]);
	disk.remove("b.txt");
	await reader.button("Look again").click();
	await page.getByText("Change 2 files").waitFor();
	await reader.id("apply").click();
	await page.getByText("2 files changed.").waitFor();
	expect(["a.txt", "b.txt", "c.txt"].map((path) => disk.text(path))).toEqual(["a\n", "b\n", "c\n"]);
});
