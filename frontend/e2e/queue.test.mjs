import { expect, test } from "./fixtures.mjs";

/** Takes both slots: their agents wait for the model. */
async function takeBoth(reader, model) {
	for (const title of ["one", "two"]) {
		await reader.start(title, { agent: "claude", workspace: title === "one" ? "shop" : undefined });
		await reader.send("wait");
		await reader.saying("I am waiting.", "partial").waitFor();
	}
	expect(await model.waiting()).toBe(2);
}

test("with both slots taken a prompt waits, says where, why and how long, and runs", async ({
	open,
	model,
}) => {
	const { reader } = await open();
	await takeBoth(reader, model);
	await reader.start("three", { agent: "claude" });
	await reader.send("say: three at last");
	const notice = reader.id("queue-notice");
	await notice.getByText(/You're #1 in queue — about \d+ second/).waitFor();
	expect(await notice.locator(".reason").innerText()).not.toBe("");
	const first = await notice.innerText();
	await expect.poll(() => notice.innerText()).not.toBe(first);
	await reader.saying("1 waiting", "session-item").waitFor();
	await model.release();
	await reader.saying("three at last").waitFor();
	expect(await notice.count()).toBe(0);
	await reader.listed("one").click();
	await reader.heading("one").waitFor();
	await reader.saying("I am waiting.").waitFor();
});

test("a waiting prompt is edited, moved and cancelled", async ({ open, model }) => {
	const { reader, page } = await open();
	await takeBoth(reader, model);
	await reader.start("three", { agent: "claude" });
	for (const text of ["say: first", "say: second", "say: third"]) await reader.send(text);
	const notice = reader.id("queue-notice");
	await expect.poll(() => notice.count()).toBe(3);
	await notice.nth(2).getByText("You're #3").waitFor();

	await reader.button("Edit this prompt").nth(0).click();
	await page.getByLabel("Edit the waiting prompt").fill("say: FIRST");
	await reader.button("Save").click();
	await reader.id("prompt").getByText("edited").waitFor();

	await reader.button("Run before").last().click();
	await page.getByRole("article").nth(1).getByText("say: third").waitFor();
	await notice.nth(1).getByText("You're #2").waitFor();

	await reader.button("Cancel this prompt").last().click();
	await page.getByText("Cancelled before it started").waitFor();

	await model.release();
	await reader.saying("third").waitFor();
	await reader.saying("FIRST").waitFor();
	await expect.poll(() => page.getByText(/Done in/).count()).toBe(2);
	expect((await reader.id("message").allInnerTexts()).sort()).toEqual(["FIRST", "third"]);
});
