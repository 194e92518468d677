// A workspace out of a repository, by the real git.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { test as base, expect } from "./fixtures.mjs";

const test = base.extend({
	/** A folder with a bare repository in it, bakery.git, that has one file. */
	// biome-ignore lint/correctness/noEmptyPattern: the test runner wants it
	origin: async ({}, use) => {
		const folder = await mkdtemp(join(tmpdir(), "coder1-origin-"));
		const git = (...args) =>
			promisify(execFile)("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", ...args], {
				cwd: folder,
			});
		await git("init", "-q", "work");
		await writeFile(join(folder, "work/bread.txt"), "flour, water, salt\n");
		await git("-C", "work", "add", "-A");
		await git("-C", "work", "commit", "-qm", "Bread");
		await git("clone", "-q", "--bare", "work", "bakery.git");
		await use(folder);
		await rm(folder, { recursive: true });
	},
});

test("a newcomer clones a repository: what fails says why and is tried again, and a session opens in it", async ({
	open,
	origin,
}) => {
	const { reader, page, server } = await open({ model: undefined });
	const at = (name) => pathToFileURL(join(origin, name)).href;
	await reader.button("Clone a git repository…").click();
	await page.getByLabel("Address of the repository").fill(at("cakes.git"));
	await reader.id("create-session").click();
	await page.getByRole("alert").getByText("There is no repository at this address").waitFor();
	await page.keyboard.press("Escape");

	const group = page.getByRole("region", { name: "Workspace cakes" }).first();
	await group.getByText("It could not be cloned. There is no repository at this address").waitFor();
	await group.getByRole("button", { name: "Try again" }).click();
	await page.getByLabel("Address of the repository").fill(at("bakery.git"));
	await page.getByLabel("Name of the new workspace").fill("bakery");
	await page.getByLabel("Title").fill("Bread");
	await reader.id("create-session").click();
	await reader.heading("Bread").waitFor();
	expect(await readFile(join(server.data, "workspaces/bakery/bread.txt"), "utf8")).toContain("flour");
	await expect.poll(() => page.getByRole("region", { name: "Workspace cakes" }).count()).toBe(0);
	await reader.send("read bread.txt");
	await reader.id("tool").locator("summary").click();
	await page.getByLabel("Output").getByText("flour, water, salt").waitFor();
});

test("a clone from a host that does not answer is cancelled, and leaves nothing", async ({ open }) => {
	const { reader, page, server } = await open({ model: undefined });
	const silent = createServer((socket) => socket.on("error", () => {}));
	await new Promise((ready) => silent.listen(0, "127.0.0.1", ready));
	const address = `git://127.0.0.1:${silent.address().port}/bakery`;
	await reader.button("Clone a git repository…").click();
	await page.getByLabel("Address of the repository").fill(address);
	await reader.id("create-session").click();
	const dialog = page.getByRole("dialog");
	await dialog.getByText("Connecting…").waitFor();
	await dialog.getByRole("button", { name: "Cancel the clone of bakery" }).click();
	const field = page.getByLabel("Address of the repository");
	await field.waitFor();
	expect(await field.inputValue()).toBe(address);
	expect(await dialog.getByRole("alert").count()).toBe(0);
	await expect.poll(() => page.getByRole("region", { name: "Workspace bakery" }).count()).toBe(0);
	expect(await readdir(join(server.data, "workspaces"))).not.toContain("bakery");
	silent.close();
});
