// What goes into a prompt, and what can be done with an answer.
import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "./fixtures.mjs";

const picture = Buffer.from(
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
	"base64",
);
const claude = { agent: "claude", workspace: "shop" };
const folderOf = (server) => join(server.data, "workspaces/shop");

test("files are mentioned, pictures attached, the agent's commands completed", async ({ open }) => {
	const { reader, page, server } = await open();
	await reader.start("first", claude);
	await server.put("shop", "src/total.ts", "export {};\n");
	const box = reader.id("prompt-input");
	const choices = reader.id("completion").getByRole("option");

	await box.pressSequentially("say: look at @tot");
	await choices.getByText("total.ts").waitFor();
	await page.keyboard.press("Tab");
	await expect.poll(() => box.inputValue()).toMatch(/^say: look at @src\/total\.ts\s*$/);
	await reader.id("attach").setInputFiles({ name: "a photo.png", mimeType: "image/png", buffer: picture });
	await page.locator("[data-testid=attachment].there").getByText("a photo.png").waitFor();
	await page.reload(); // what was written is kept; what was attached is in the workspace
	await expect.poll(() => box.inputValue()).toContain("@src/total.ts");
	await reader.id("attach").setInputFiles({ name: "a photo.png", mimeType: "image/png", buffer: picture });
	await page.locator("[data-testid=attachment].there").waitFor();
	await box.press("Enter");
	await reader.saying("look at @src/total.ts", "prompt").waitFor();
	const [, attached] = /@(\.coder1\/attachments\/\S+\.png)/.exec(await reader.id("prompt").innerText());
	expect(await readFile(join(folderOf(server), attached))).toEqual(picture);
	await page.getByText(/Done in/).waitFor();
	expect(await page.locator("[data-testid=attachment]").count()).toBe(0);

	await box.pressSequentially("/comp");
	await choices.getByText("/compact").waitFor();
	await page.keyboard.press("Tab");
	await expect.poll(() => box.inputValue()).toBe("/compact ");
});

test("a prompt is edited and sent again from its place, in a fork; what was there stays", async ({
	open,
}) => {
	const { reader, page } = await open();
	await reader.start("first", claude);
	const done = page.getByText(/Done in/);
	for (const [n, text] of ["say: one", "say: two", "say: three"].entries()) {
		await reader.send(text);
		await expect.poll(() => done.count()).toBe(n + 1);
	}
	await reader.button("Edit the prompt and send it again").nth(1).click();
	await reader.heading("first (fork)").waitFor();
	await expect.poll(() => reader.id("prompt-input").inputValue()).toBe("say: two");
	await expect.poll(() => reader.id("message").allInnerTexts()).toEqual(["one"]);
	await reader.send("say: TWO");
	await reader.saying("TWO").waitFor();
	expect(await reader.id("prompt").allInnerTexts()).toEqual(["say: one", "say: TWO"]);

	await reader.listed("first").last().click();
	await reader.heading("first").waitFor();
	expect(await reader.id("message").allInnerTexts()).toEqual(["one", "two", "three"]);
	await reader.button("Edit the prompt and send it again").first().click();
	await reader.heading("first").waitFor();
	await page.getByText("What should be done in").waitFor();
	await expect.poll(() => reader.id("prompt-input").inputValue()).toBe("say: one");
});

test("what was stopped is sent again; thinking is folded", async ({ open, model }) => {
	const { reader, page } = await open();
	await reader.start("first", claude);
	await reader.send("think: a thought");
	await page.getByText(/Done in/).waitFor();
	await reader.id("thinking").locator("summary").click();
	await page.getByText("The user wants me to say").waitFor();
	await reader.send("wait");
	await reader.saying("I am waiting.", "partial").waitFor();
	await reader.id("stop").click();
	await page.getByText(/Stopped in/).waitFor();
	await reader.button("Send again").click();
	await reader.saying("I am waiting.", "partial").waitFor();
	await model.release();
	await expect.poll(() => page.getByText(/Done in/).count()).toBe(2);
	expect(await reader.id("prompt").allInnerTexts()).toEqual(["think: a thought", "wait", "wait"]);
});

test("code is copied, put into a file, and applied as a patch", async ({ open }) => {
	const context = { permissions: ["clipboard-read", "clipboard-write"] };
	const { reader, page, server } = await open({}, context);
	await reader.start("first", claude);
	const text = (path) => readFile(join(folderOf(server), path), "utf8");
	const answer = async (content) => {
		const done = await page.getByText(/Done in/).count();
		await reader.send(`say: ${content}`);
		await expect.poll(() => page.getByText(/Done in/).count()).toBe(done + 1);
		return reader.id("message").last();
	};
	const dialog = page.getByRole("dialog");
	const written = () => dialog.waitFor({ state: "detached" });

	const code = "one\ntwo\nthree\n";
	const message = await answer(`Here:\n\n\`\`\`txt src/numbers.txt\n${code}\`\`\``);
	await message.getByRole("button", { name: "Copy" }).click();
	await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(code.trimEnd());
	await message.getByRole("button", { name: "Apply…" }).click();
	expect(await dialog.getByLabel("File in shop").inputValue()).toBe("src/numbers.txt");
	await dialog.getByRole("button", { name: "Create the file" }).click();
	await written();
	expect(await text("src/numbers.txt")).toBe(code);

	const more = await answer("\n\n```\nfour\n```");
	await more.getByRole("button", { name: "Apply…" }).click();
	await dialog.getByLabel("File in shop").fill("src/numbers.txt");
	await dialog.getByLabel("At its end").check();
	await dialog.getByText("four").waitFor();
	await dialog.getByRole("button", { name: "Change the file" }).click();
	await written();
	expect(await text("src/numbers.txt")).toBe(`${code}four\n`);

	const change = "--- a/src/numbers.txt\n+++ b/src/numbers.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n";
	const patch = await answer(`\n\n\`\`\`diff\n${change}\`\`\``);
	await patch.getByRole("button", { name: "Apply…" }).click();
	await dialog.getByText("Apply this patch").waitFor();
	await dialog.getByRole("button", { name: "Change the file" }).click();
	await written();
	expect(await text("src/numbers.txt")).toBe("one\nTWO\nthree\nfour\n");
	await patch.getByRole("button", { name: "Apply…" }).click();
	await dialog.getByText("does not fit what is in the file now").waitFor();
	expect(await readdir(folderOf(server))).toEqual(["src"]);
	await access(join(folderOf(server), "src/numbers.txt"));
});
