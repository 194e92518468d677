import { expect, test } from "./fixtures.mjs";

test("a start-up link logs in and leaves the address bar", async ({ open }) => {
	const { page } = await open();
	expect(page.url()).not.toContain("login");
});

test("a token that does not fit is told, the right one opens", async ({ mock, visit }) => {
	const { url } = await mock();
	const reader = await visit(`${url}/#login=wrong`);
	const { page } = reader;
	await page.getByText("does not open the door").waitFor();
	await page.getByLabel("Token").fill("mock");
	await reader.button("Log in").click();
	await reader.connection();
});

test("an old start-up link does no harm to someone who is logged in", async ({ open }) => {
	const { reader, page, server } = await open();
	await page.goto(`${server.url}/#login=used`);
	await page.reload();
	await reader.connection();
});

test("from nothing to a first answer in two clicks", async ({ open }) => {
	const { reader, page } = await open({ seeded: false });
	await reader.id("start").click();
	await reader.button("What can you do here?").click();
	await reader.id("prompt-input").press("Enter");
	await reader.saying("it covers both").waitFor();
	await page.getByText(/Done in .* tokens in, .* out/).waitFor();
	await reader.listed("What can you do here?").waitFor();
});

test("log out leaves nothing behind", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("secret");
	await reader.send("Deploy");
	const spoken = page.getByRole("alert").filter({ hasText: "A question waits for you" });
	await spoken.waitFor({ state: "attached" });
	await reader.button("Settings, theme, log out").click();
	await page.getByRole("menuitem", { name: "Log out" }).click();
	await reader.id("login-form").waitFor();
	await spoken.waitFor({ state: "detached" });
	expect(await page.getByRole("status").allInnerTexts()).toEqual(["", ""]);
	await page.reload();
	await reader.id("login-form").waitFor();
});
