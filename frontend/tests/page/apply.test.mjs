import { filesOf } from "../mock/files.mjs";
import { test as base, expect } from "./fixtures.mjs";

const test = base.extend({
	/** The dialog that applies a code block of an answer to the workspace "shop". */
	offer: async ({ open }, use) => {
		await use(async (code, language = "diff") => {
			const { reader, page, server } = await open();
			await reader.listed("Move the cart to Svelte 5").click();
			await reader.send(`echo \`\`\`${language}\n${code}\`\`\``);
			await reader.id("message").last().getByRole("button", { name: "Apply…" }).click();
			return { reader, page, server, disk: filesOf(server.world).disk("shop") };
		});
	},
});

test("neither a patch nor a typed path leads out of the workspace", async ({ offer }) => {
	const { reader, page } = await offer("--- /dev/null\n+++ b/../../notes/files/x\n@@ -0,0 +1 @@\n+out\n");
	await page.getByText("../../notes/files/x: it is no path in this workspace").waitFor();
	expect(await reader.id("apply").isDisabled()).toBe(true);
	await page.keyboard.press("Escape");
	await reader.send("echo ```ts\nout\n```");
	await reader.id("message").last().getByRole("button", { name: "Apply…" }).click();
	await page.getByLabel("File in shop").fill("src/../../notes/x.ts");
	await page.getByText("src/../../notes/x.ts: it is no path in this workspace").waitFor();
	expect(await reader.id("apply").isDisabled()).toBe(true);
});
