import { expect, test } from "./fixtures.mjs";
import { token } from "./server.mjs";

test("the printed link logs in, once", async ({ serve, visit }) => {
	const server = await serve();
	const first = await visit(server.link);
	await first.connection();
	expect(first.page.url()).not.toContain("login");

	const second = await visit(server.link);
	await second.page.getByText("does not open the door").waitFor();
});

test("the form takes the owner's token and no other", async ({ serve, visit }) => {
	const server = await serve();
	const reader = await visit(server.url);
	const { page } = reader;
	await reader.id("login-form").waitFor();
	await page.getByLabel("Token").fill("not the owner's token");
	await reader.button("Log in").click();
	await page.getByText("does not open the door").waitFor();
	await page.getByLabel("Token").fill(token);
	await reader.button("Log in").click();
	await reader.connection();
	await page.reload();
	await reader.connection();
});

test("a newcomer comes to a first answer of the built-in agent", async ({ serve, visit }) => {
	const server = await serve({ model: undefined });
	const reader = await visit(server.link);
	const { page } = reader;
	await reader.id("first-run").getByText("There is no program named").waitFor();
	await reader.id("start").getByText("Try the demo agent").click();
	await page.getByText("no model behind it").first().waitFor();
	await reader.button("write hello.txt Hello there").click();
	await reader.id("prompt-input").press("Enter");
	await reader.id("permission-allow").click();
	await reader.saying("Done.").waitFor();
	await reader.send("read hello.txt");
	await reader.id("tool").nth(1).locator("summary").click();
	await page.getByLabel("Output").getByText("Hello there").waitFor();
});
