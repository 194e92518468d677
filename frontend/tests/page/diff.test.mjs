import { expect, test } from "./fixtures.mjs";

test("an edit in a conversation is shown as a change, all of it", async ({ open }) => {
	const { reader, page, server } = await open();
	await reader.start("first");
	const session = [...server.world.sessions.values()].at(-1);
	const lines = Array.from({ length: 30 }, (_, i) => `line ${i}`).join("\n");
	const input = {
		file_path: "src/a.ts",
		old_string: `${lines}\ncount`,
		new_string: `${lines}\ncount <b>twice</b>\u202e`,
	};
	server.world.append(session.id, { type: "prompt", promptId: "p", text: "Edit it." });
	server.world.append(session.id, {
		type: "turn_started",
		promptId: "p",
		how: "new",
		process: 1,
		reason: "",
	});
	server.world.append(session.id, { type: "tool_call", promptId: "p", toolId: "t", name: "Edit", input });
	await page.locator("summary").filter({ hasText: "Edit" }).click();
	const diff = reader.id("diff");
	await diff.getByText("count <b>twice</b>⟨U+202E⟩").waitFor();
	await diff.getByText("line 0", { exact: true }).waitFor();
	expect(await diff.getByTestId("diff-line").count()).toBe(32);
	expect(await diff.locator("b").count()).toBe(0);
});
