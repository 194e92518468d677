import { readFile } from "node:fs/promises";
import { expect, test } from "./fixtures.mjs";

/** Opens the menu of the session that is open, and chooses from it. */
async function choose(reader, item) {
	await reader.button("Session menu").click();
	await reader.page.getByRole("menuitem", { name: item }).click();
}

async function openCheckout(reader) {
	await reader.listed("Checkout totals").click();
	await reader.id("message").first().waitFor();
}

test("a summary says what was done; the model writes one when asked", async ({ open }) => {
	const { reader, page, server } = await open();
	await openCheckout(reader);
	await choose(reader, "Summary…");
	const dialog = page.getByRole("dialog");
	await dialog.getByTestId("standing").getByText("Finished:").waitFor();
	await dialog.getByText("src/cart/total.ts").waitFor();
	await dialog.getByText("npm test -- total").waitFor();
	await dialog.getByText("1 turn · 14 s of work").waitFor();
	await dialog.getByRole("button", { name: "Write one with the model" }).click();
	await dialog.getByText("The model is writing a summary…").waitFor();
	server.world.release();
	await dialog.getByTestId("model-summary").getByText("off by a cent").waitFor();
	await dialog.getByRole("button", { name: "Write a new one" }).waitFor();
	await page.keyboard.press("Escape");
	await page.getByText("The model wrote a summary of this session").waitFor();
});

test("a summary that is not to be had says why", async ({ open }) => {
	const { reader, page, server } = await open();
	server.world.short = true;
	await openCheckout(reader);
	await choose(reader, "Summary…");
	await reader.button("Write one with the model").click();
	await page.getByRole("alert").getByText("not offered while memory is short").waitFor();
});

test("a pinned session stands first, and goes back", async ({ open }) => {
	const { reader } = await open();
	const first = () => reader.id("session-item").first().innerText();
	expect(await first()).toContain("Checkout totals");
	await reader.listed("Move the cart").click();
	await reader.heading("Move the cart to Svelte 5").waitFor();
	await choose(reader, "Pin");
	await expect.poll(first).toContain("Move the cart");
	await choose(reader, "Unpin");
	await expect.poll(first).toContain("Checkout totals");
});

test("a session is forked at a turn and goes on by itself", async ({ open }) => {
	const { reader, page } = await open();
	await openCheckout(reader);
	await reader.button("Fork the session here").click();
	await reader.heading("Checkout totals are off by a cent (fork)").waitFor();
	await page.getByText("This is a fork of").waitFor();
	await reader.send("echo another way");
	await reader.saying("another way").waitFor();
	await reader.listed("Checkout totals are off by a cent").last().click();
	await reader.heading("Checkout totals are off by a cent").waitFor();
	expect(await reader.saying("another way").count()).toBe(0);
});

test("a session is exported and imported; a broken file says where it is broken", async ({ open }) => {
	const { reader, page } = await open();
	await openCheckout(reader);
	const downloading = page.waitForEvent("download");
	await choose(reader, "Export");
	const download = await downloading;
	expect(download.suggestedFilename()).toMatch(/^session-.*\.jsonl$/);
	const file = await readFile(await download.path(), "utf8");

	await reader.button("Import a session").click();
	const give = (name, text) =>
		page
			.getByLabel("File", { exact: true })
			.setInputFiles({ name, mimeType: "application/x-ndjson", buffer: Buffer.from(text) });
	await give("broken.jsonl", file.replace("\n{", "\n"));
	await page.getByRole("button", { name: "Import", exact: true }).click();
	await page.getByRole("alert").getByText("line 2").waitFor();
	await give("whole.jsonl", file);
	await page.getByLabel("Workspace", { exact: true }).selectOption("notes");
	await page.getByRole("button", { name: "Import", exact: true }).click();
	const notes = page.getByRole("region", { name: "Workspace notes" });
	await notes.getByTestId("session-item").filter({ hasText: "Checkout totals" }).waitFor();
	await reader.saying("one line per user").waitFor();
});

test("a text is found in what was said, however far back", async ({ open }) => {
	const { reader, page } = await open();
	await page.keyboard.press("Control+k");
	await page.getByPlaceholder("Find a session or command").fill("Part 7: READ");
	const hit = page.getByRole("option").filter({ hasText: "Prompt in Read me through the governor" });
	await hit.locator("mark").getByText("Part 7: read").waitFor();
	await hit.click();
	await reader.heading("Read me through the governor").waitFor();
	const prompt = page.getByText(/^Part 7: /);
	await prompt.waitFor();
	const inSight = async () => {
		const box = await prompt.boundingBox();
		return box !== null && box.y > 0 && box.y < 700;
	};
	await expect.poll(inSight).toBe(true);
	expect(page.url()).toMatch(/#\/s\/[^/]+\/\d+$/);
});
