// Workspaces out of repositories: asked for, waited for, given up, tried again.
import { expect, test } from "./fixtures.mjs";

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const address = "https://TOKEN@github.com/owner/bakery.git";
const receiving = { progress: { phase: "receiving", percent: 45, detail: "450 of 1000, 12.00 MiB" } };
const denied = { state: "failed", error: "the host does not accept the name or token in the address" };

/** Asks for a session in a clone. */
async function clone({ reader, page }) {
	await reader.id("new-session").click();
	await page.getByRole("combobox", { name: "Workspace" }).click();
	await page.getByRole("option", { name: "New workspace…" }).click();
	await page.getByRole("radio", { name: "Git repository" }).check();
	await page.getByLabel("Address of the repository").fill(address);
	await page.getByLabel("Title").fill("Bread");
	await reader.id("create-session").click();
}

test("a repository is cloned, and its session opens when it is there", async ({ open }) => {
	const { reader, page, server } = await open();
	await clone({ reader, page });
	const dialog = page.getByRole("dialog");
	await dialog.getByText("Connecting…").waitFor();
	server.world.cloneIs("bakery", receiving);
	await dialog.getByText("Receiving 45 % · 450 of 1000").waitFor();
	expect(await dialog.getByRole("progressbar").getAttribute("value")).toBe("45");
	expect(await reader.id("create-session").isDisabled()).toBe(true);
	server.world.cloneIs("bakery", { state: "ready", progress: undefined });
	await reader.heading("Bread").waitFor();
	expect(server.world.clones.get("bakery").asked).toEqual({ url: address, branch: "", depth: 0 });
});

test("a clone that is cancelled leaves what was typed, and no workspace", async ({ open }) => {
	const { reader, page, server } = await open();
	await clone({ reader, page });
	await page.getByRole("dialog").getByRole("button", { name: "Cancel the clone of bakery" }).click();
	expect(await page.getByLabel("Address of the repository").inputValue()).toBe(address);
	expect(await page.getByRole("dialog").getByRole("alert").count()).toBe(0);
	expect(server.world.folders.has("bakery")).toBe(false);
});

test("a clone that fails says why at its field, and is tried again from there", async ({ open }) => {
	const { reader, page, server } = await open();
	await clone({ reader, page });
	await page.getByRole("dialog").getByTestId("cloning").waitFor();
	server.world.cloneIs("bakery", denied);
	const field = page.getByLabel("Address of the repository");
	await page.getByRole("alert").getByText("The host does not accept").waitFor();
	await expect.poll(() => field.evaluate((box) => box === document.activeElement)).toBe(true);
	expect(await field.inputValue()).toBe(address);
	await page.getByText("Branch and history").click();
	await page.getByLabel("Only the newest commit").check();
	await page.getByLabel("Name of the new workspace").fill("bread");
	await reader.id("create-session").click();
	await page.getByRole("dialog").getByTestId("cloning").waitFor();
	expect(server.world.clones.get("bread").asked.depth).toBe(1);
	expect(server.world.folders.has("bakery")).toBe(false);
});

test("the list says how far a clone is, why it failed, and what can be done", async ({ open }) => {
	const { reader, page, server } = await open();
	server.world.addWorkspace("bakery", { url: address, branch: "next" });
	server.world.cloneIs("bakery", receiving);
	const group = page.getByRole("region", { name: "Workspace bakery" });
	await group.getByText("Receiving 45 %").waitFor();
	expect(await group.getByRole("button", { name: "New session" }).count()).toBe(0);
	server.world.cloneIs("bakery", denied);
	await group.getByText("It could not be cloned. The host does not accept").waitFor();

	await reader.id("new-session").click();
	await page.getByRole("combobox", { name: "Workspace" }).click();
	await page.getByRole("option", { name: "bakery could not be cloned" }).click();
	await page.getByRole("dialog").getByText("The host does not accept").waitFor();
	expect(await reader.id("create-session").isDisabled()).toBe(true);
	await page.getByRole("button", { name: "Cancel", exact: true }).click();

	await group.getByRole("button", { name: "Try again" }).click();
	expect(await page.getByLabel("Address of the repository").inputValue()).toBe(
		"https://github.com/owner/bakery.git",
	);
	expect(await page.getByLabel("Branch or tag").inputValue()).toBe("next");
	await reader.id("create-session").click();
	await page.getByRole("dialog").getByTestId("cloning").waitFor();
	await page.keyboard.press("Escape");
	await group.getByRole("button", { name: "Cancel" }).click();
	await group.waitFor({ state: "detached" });
	expect(server.world.folders.has("bakery")).toBe(false);
});

test("what is wrong with a new workspace stands at its field", async ({ open }) => {
	const { reader, page } = await open({ seeded: false });
	await reader.button("Clone a git repository…").click();
	const name = page.getByLabel("Name of the new workspace");
	const field = page.getByLabel("Address of the repository");
	const described = (box) =>
		box.evaluate(
			(input) => document.getElementById(input.getAttribute("aria-describedby").split(" ")[0])?.innerText,
		);
	await reader.id("create-session").click();
	expect(await described(field)).toBe("Give the address of the repository.");
	await field.fill("github.com/owner/bakery");
	expect(await name.inputValue()).toBe("bakery");
	await name.fill("my bakery");
	await reader.id("create-session").click();
	expect(await described(name)).toContain("Use up to 64 letters");
	expect(await described(field)).toBeUndefined();
	await expect.poll(() => name.evaluate((box) => box === document.activeElement)).toBe(true);
});

test("a phone's first screen has the clone that was begun, the theme, and log out", async ({ open }) => {
	const { reader, page, server } = await open({ seeded: false }, phone);
	await reader.button("Clone a git repository…").tap();
	await page.getByLabel("Address of the repository").fill(address);
	await reader.id("create-session").tap();
	await page.getByRole("dialog").getByTestId("cloning").waitFor();
	await page.getByRole("button", { name: "Close", exact: true }).first().tap();
	server.world.cloneIs("bakery", { state: "failed", error: "the disk is full" });
	await reader.id("first-run").getByText("It could not be cloned. The disk is full.").waitFor();
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
	await reader.button("Settings, theme, log out").tap();
	await page.getByRole("menuitem", { name: "Dark theme" }).waitFor();
	await page.getByRole("menuitem", { name: "Log out" }).tap();
	await reader.id("login-form").waitFor();
});

test("a workspace is offered to work in when it is there", async ({ open }) => {
	const { reader, page, server } = await open();
	const offered = () => page.getByRole("button", { name: "New terminal in bakery" });
	server.world.addWorkspace("bakery", { url: address });
	await page.goto(new URL("#/terminals", page.url()).href);
	await reader.id("terminal-list").getByRole("button", { name: "New terminal in" }).first().waitFor();
	await page.getByRole("button", { name: "Cancel the clone of bakery" }).waitFor();
	expect(await offered().count()).toBe(0);
	server.world.cloneIs("bakery", { state: "ready", progress: undefined });
	await offered().waitFor();
});
