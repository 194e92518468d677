import { access } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "./fixtures.mjs";

test("text arrives while the agent writes it; a reload in the middle loses and doubles nothing", async ({
	open,
	model,
}) => {
	const { reader, page } = await open();
	await reader.start("first", { agent: "claude", workspace: "shop" });
	await reader.send("say: the first answer");
	await reader.saying("the first answer").waitFor();
	await page.getByText(/Done in .* tokens in, .* out/).waitFor();

	await reader.send("wait");
	const partial = reader.saying("I am waiting.", "partial");
	await partial.waitFor();
	expect(await reader.saying("I am waiting.").count()).toBe(0);
	await page.reload();
	await partial.waitFor();
	await model.release();
	await reader.saying("I am waiting.").waitFor();
	expect(await reader.id("message").allInnerTexts()).toEqual(["the first answer", "I am waiting."]);
	expect(await reader.id("prompt").allInnerTexts()).toEqual(["say: the first answer", "wait"]);
	expect(await partial.count()).toBe(0);
});

test("a long answer is the same after it was watched and after a reload", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("first", { agent: "claude", workspace: "shop" });
	await reader.send("slow: 60 words");
	await reader.id("partial").or(reader.id("message")).first().waitFor();
	await page.reload();
	await page.getByText(/Done in/).waitFor();
	const watched = await reader.id("message").allInnerTexts();
	expect(watched).toHaveLength(1);
	expect(watched[0].split(/\s+/)).toHaveLength(60);
	await page.reload();
	await page.getByText(/Done in/).waitFor();
	expect(await reader.id("message").allInnerTexts()).toEqual(watched);
});

test("stop ends the answer; what was written stays, and the conversation goes on", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("first", { agent: "claude", workspace: "shop" });
	await reader.send("wait");
	await reader.saying("I am waiting.", "partial").waitFor();
	await reader.id("stop").click();
	await page.getByText(/Stopped in/).waitFor();
	await reader.saying("I am waiting.").waitFor();
	await reader.send("say: on we go");
	await reader.saying("on we go").waitFor();
});

test("a permission is allowed, denied, and allowed for ever", async ({ open }) => {
	const { reader, page, server } = await open();
	await reader.start("first", { agent: "claude", workspace: "shop" });
	const made = (name) =>
		access(join(server.data, "workspaces/shop", name)).then(
			() => true,
			() => false,
		);
	const turns = page.getByText(/Done in/);

	await reader.send("tool: Bash touch allowed.txt");
	await reader.id("permission").getByText("touch allowed.txt", { exact: true }).waitFor();
	expect(await made("allowed.txt")).toBe(false);
	await reader.id("permission-allow").click();
	await page.getByText("You allowed this:").waitFor();
	await expect.poll(() => turns.count()).toBe(1);
	expect(await made("allowed.txt")).toBe(true);

	await reader.send("tool: Bash touch denied.txt");
	await reader.id("permission-deny").click();
	await page.getByText("You said no").waitFor();
	await expect.poll(() => turns.count()).toBe(2);
	expect(await made("denied.txt")).toBe(false);

	await reader.send("tool: Bash touch always.txt");
	await reader.id("permission-always").click();
	await page.getByLabel("whatever begins with touch").check();
	await page.getByRole("button", { name: "Allow in this session" }).click();
	await page.getByText("in this session").first().waitFor();
	await expect.poll(() => turns.count()).toBe(3);
	await reader.send("tool: Bash touch unasked.txt");
	await expect.poll(() => turns.count()).toBe(4);
	expect(await made("unasked.txt")).toBe(true);

	await reader.send("tool: Bash mkdir one");
	await reader.id("permission-always").click();
	await page.getByLabel("whatever begins with mkdir").check();
	await page.getByRole("button", { name: "Allow always in shop" }).click();
	await expect.poll(() => turns.count()).toBe(5);
	await reader.start("second", { agent: "claude" });
	await reader.send("tool: Bash mkdir two");
	await expect.poll(() => turns.count()).toBe(1);
	expect([await made("one"), await made("two")]).toEqual([true, true]);
});

test("hostile content stays text", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("first", { agent: "claude", workspace: "shop" });
	const evil =
		'<img src=x onerror="window.hit=1"> <script>window.hit=1</script> [x](javascript:window.hit=1) ' +
		"![p](https://evil.invalid/p.png) <style>body{display:none}</style>";
	await reader.send(`say: ${evil}`);
	const message = reader.id("message");
	await message.waitFor();
	expect(await message.locator("img, script, style, [onerror]").count()).toBe(0);
	const links = await message.locator("a").evaluateAll((all) => all.map((a) => a.href));
	expect(links).toEqual(["https://evil.invalid/p.png"]);
	expect(await message.innerText()).toContain("<script>window.hit=1</script>");

	const command = "printf '\\033[31m<b>red</b>\\033[0m \\342\\200\\256txt.exe'";
	await reader.send(`tool: Bash ${command}`);
	await expect.poll(() => page.getByText(/Done in/).count()).toBe(2);
	await reader.id("tool").last().locator("summary").click();
	const output = await page.getByLabel("Output").innerText();
	expect(output).toContain("<b>red</b> ⟨U+202E⟩txt.exe");
	expect(await page.evaluate(() => window.hit)).toBeUndefined();
});
