import { expect, test } from "./fixtures.mjs";

for (const signal of ["SIGKILL", "SIGTERM"]) {
	test(`${signal} in mid-answer and a restart: the prompt runs again, nothing is lost or doubled`, async ({
		open,
		model,
	}) => {
		const { reader, page, server } = await open();
		await reader.start("first", { agent: "claude", workspace: "shop" });
		await reader.send("say: before");
		await reader.saying("before").waitFor();
		await reader.send("wait");
		const partial = reader.saying("I am waiting.", "partial");
		await partial.waitFor();
		await reader.send("say: after");
		await reader.id("queue-notice").waitFor();

		const code = await server.stop(signal);
		if (signal === "SIGTERM") expect(code).toBe(0);
		await reader.connection("reconnecting");
		await server.run();
		await reader.connection();
		await page
			.getByText(/starts again by itself|runs again/)
			.first()
			.waitFor();
		await partial.waitFor();
		await model.release();
		await reader.saying("after").waitFor();
		await expect.poll(() => page.getByText(/Done in/).count()).toBe(3);

		const prompts = ["say: before", "wait", "say: after"];
		const messages = await reader.id("message").allInnerTexts();
		expect(messages.filter((text) => text !== "I am waiting.")).toEqual(["before", "after"]);
		expect(await reader.id("prompt").allInnerTexts()).toEqual(prompts);
		await page.reload();
		await expect.poll(() => page.getByText(/Done in/).count()).toBe(3);
		expect(await reader.id("message").allInnerTexts()).toEqual(messages);
		expect(await reader.id("prompt").allInnerTexts()).toEqual(prompts);
	});
}
