import { essay } from "../mock/agent.mjs";
import { expect, test } from "./fixtures.mjs";

/** A text without the signs that Markdown is made of. */
const words = (text) => text.replace(/^\d\. |\W+/g, " ").trim();

test("an answer grows on the page; reload and cut in the middle lose and double nothing", async ({
	open,
}) => {
	const { reader, page, server } = await open();
	await reader.start("first");
	await reader.send("hold on: how?");
	const partial = reader.saying("The governor decides", "partial");
	await partial.waitFor();
	await page.reload();
	await partial.waitFor();
	const mend = server.cut();
	await reader.connection("reconnecting");
	mend();
	await reader.connection();
	await partial.waitFor();
	server.world.release();
	await reader.saying("it covers both").waitFor();
	expect(await reader.id("message").count()).toBe(1);
	expect(await reader.id("partial").count()).toBe(0);
	const shown = words(await reader.id("message").innerText());
	for (const line of essay
		.split("\n")
		.map(words)
		.filter((line) => line.length > 30)) {
		expect(shown.split(line), line).toHaveLength(2);
	}
});

test("Esc stops the turn, and what was written stays", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("first");
	await reader.send("hold on: how?");
	await reader.saying("The governor decides", "partial").waitFor();
	await reader.button("Session menu").click();
	await page.getByRole("menu").waitFor();
	await page.keyboard.press("Escape"); // closes the menu, and nothing else
	await page.getByRole("menu").waitFor({ state: "detached" });
	expect(await page.getByText(/Stopped in/).count()).toBe(0);
	await page.keyboard.press("Escape");
	await page.getByText(/Stopped in/).waitFor();
	expect(await reader.id("stop").count()).toBe(0);
});

test("what is being written is kept for each session", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("one");
	await reader.id("prompt-input").fill("half a thought");
	await reader.start("two");
	expect(await reader.id("prompt-input").inputValue()).toBe("");
	await page.reload();
	await reader.listed("one").click();
	await reader.heading("one").waitFor();
	expect(await reader.id("prompt-input").inputValue()).toBe("half a thought");
});

test("the agent's commands are completed by the keyboard", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("one");
	const box = reader.id("prompt-input");
	await box.pressSequentially("/co");
	const choices = reader.id("completion").getByRole("option");
	await expect.poll(() => choices.count()).toBe(2);
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Tab");
	await expect.poll(() => box.inputValue()).toBe("/cost ");
	await box.fill("/com");
	await page.keyboard.press("Escape");
	await reader.id("completion").waitFor({ state: "detached" });
	await expect.poll(() => box.inputValue()).toBe("/com");
});

test("the output of what failed opens at its end, of anything else at its beginning", async ({ open }) => {
	const { reader, page, server } = await open();
	await reader.start("first");
	const id = page.url().split("/").at(-1);
	const output = Array.from({ length: 200 }, (_, i) => `line ${i}`).join("\n");
	for (const isError of [true, false]) {
		const about = { promptId: "p", toolId: `t${isError}` };
		const input = { command: `exit ${isError ? 1 : 0}` };
		server.world.append(id, { type: "tool_call", ...about, name: "Bash", input });
		server.world.append(id, { type: "tool_result", ...about, output, isError });
		const tool = reader.saying(input.command, "tool");
		await tool.locator("summary").click();
		const box = tool.getByLabel("Output");
		const hidden = () =>
			box.evaluate(({ scrollTop, scrollHeight, clientHeight }) => [
				Math.round(scrollTop),
				Math.round(scrollHeight - clientHeight - scrollTop),
			]);
		const [above, below] = await hidden();
		expect(isError ? below : above).toBe(0);
		expect(isError ? above : below).toBeGreaterThan(100);
	}
});

test("hostile content stays text", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("first");
	const evil = [
		`<img src=x onerror="window.hit=1"> <script>window.hit=1</script>`,
		"[x](javascript:window.hit=1) ![p](https://evil.invalid/p.png)",
		"<style>body{display:none}</style> <b onclick=1>bold</b> [ok](https://example.org/a)",
	].join(" ");
	await reader.send(`echo ${evil}`);
	const message = reader.id("message");
	await message.waitFor();
	expect(await message.locator("img, script, style, b, [onerror], [onclick]").count()).toBe(0);
	const links = await message.locator("a").evaluateAll((all) => all.map((a) => a.href));
	expect(links).toEqual(["https://evil.invalid/p.png", "https://example.org/a"]);
	expect(await message.innerText()).toContain("<script>window.hit=1</script>");
	expect(await page.evaluate(() => window.hit)).toBeUndefined();
});

test("two windows see the same", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("first");
	const other = await page.context().newPage();
	await other.goto(page.url());
	await reader.send("echo hello from the first window");
	await other.getByTestId("message").filter({ hasText: "first window" }).waitFor();
	await other.getByTestId("prompt-input").fill("echo and back");
	await other.getByTestId("prompt-input").press("Enter");
	await reader.saying("and back").waitFor();
});
