// Terminals with real shells.
import { expect, test } from "./fixtures.mjs";

const demo = { agent: "demo", workspace: "shop" };

/** A session, so that there is a workspace, and a terminal in it. */
async function openTerminal(reader) {
	await reader.start("first", demo);
	await reader.page.keyboard.press("Control+Backquote");
	await reader.terminal();
	await reader.page.locator(".xterm").click();
}

const shows = (reader, text) => expect.poll(() => reader.lines()).toContain(text);

async function run(reader, command, answer) {
	await reader.page.keyboard.type(`${command}\n`);
	if (answer) await shows(reader, answer);
}

/** How often a text is in all that the terminal has said. */
async function count(reader, text) {
	const { page } = reader;
	await page.keyboard.press("Control+Shift+KeyF");
	await page.getByLabel("Find in the terminal").fill(text);
	const words = page.getByRole("search").getByRole("status");
	await expect.poll(() => words.innerText()).toMatch(/of|Nothing/);
	const found = /of (\d+)/.exec(await words.innerText());
	await page.keyboard.press("Escape");
	return Number(found?.[1] ?? 0);
}

test("a real shell: its size, its text, its end", async ({ open }) => {
	const { reader, page } = await open({ model: undefined });
	await openTerminal(reader);
	await run(reader, "printf 'gr\\303\\274n \\344\\270\\226\\n'", "\ngrün 世");
	await run(reader, "pwd | sed 's/.*workspaces/in/'", "\nin/shop");
	const rows = () => page.locator(".xterm-rows > div").count();
	const agrees = async () => {
		await run(reader, "clear; stty size");
		return (await reader.lines()).includes(`${await rows()} `);
	};
	const before = await rows();
	await expect.poll(agrees).toBe(true);
	const sash = page.getByRole("separator", { name: "Height of the panel" });
	for (let i = 0; i < 4; i++) await sash.press("ArrowUp");
	await expect.poll(rows).toBeGreaterThan(before);
	await page.locator(".xterm").click();
	await expect.poll(agrees).toBe(true);
	await run(reader, "echo going; sleep 1000", "\ngoing");
	await page.keyboard.press("Control+c");
	await run(reader, "echo stopped", "\nstopped");
	await run(reader, "exit 7");
	await page.getByText("Ended with code 7.").waitFor();
	await reader.button("Restart").click();
	await reader.terminal();
	await page.locator(".xterm").click();
	await run(reader, "echo anew", "\nanew");
});

test("a reload in the midst of much output loses and doubles nothing", async ({ open }) => {
	const { reader, page } = await open({ model: undefined });
	await openTerminal(reader);
	await run(reader, "seq -f 'line %06.0f.' 1 20000; echo all of it", "line 00");
	await page.reload();
	await reader.terminal();
	await shows(reader, "\nall of it");
	await page.locator(".xterm").click();
	for (const number of ["000001", "010000", "019999"]) expect(await count(reader, `line ${number}.`)).toBe(1);
});

test("two devices on one terminal, and it goes on without either", async ({ open, visit }) => {
	const { server, reader, page } = await open({ model: undefined });
	await openTerminal(reader);
	const phone = await visit(server.url, {
		viewport: { width: 390, height: 844 },
		hasTouch: true,
		isMobile: true,
	});
	await phone.page.getByLabel("Token").fill("a-token-for-the-tests");
	await phone.button("Log in").click();
	await phone.connection();
	await phone.page.getByRole("link", { name: "Terminals" }).click();
	await phone.id("terminal-item").click();
	await phone.terminal();
	await phone.page.locator(".xterm").tap();
	await phone.page.keyboard.type("echo from the phone\n");
	await shows(reader, "\nfrom the phone");
	await page.goto("about:blank");
	await phone.page.getByRole("link", { name: "Sessions" }).click();
	const [{ id }] = await server.call("GET", "/api/terminals");
	await expect.poll(async () => (await server.call("GET", "/api/terminals"))[0].viewers).toBe(0);
	await page.goto(`${server.url}/#/t/${id}`);
	await reader.terminal();
	await shows(reader, "\nfrom the phone");
});

test("terminals side by side; a bell behind a tab; links that say where they lead", async ({ open }) => {
	const { reader, page } = await open({ model: undefined });
	await page.context().route("https://*.invalid/**", (route) => route.fulfill({ body: "there" }));
	await openTerminal(reader);
	await run(reader, "mkfifo wake; (read -r < wake; printf '\\a') & echo waits", "\nwaits");
	await page.keyboard.press("Control+Shift+Backquote");
	await expect.poll(() => page.locator("[data-group=panel] [role=tab]").count()).toBe(2);
	await reader.terminal();
	await page.locator(".xterm:visible").click();
	await run(reader, "echo now > wake");
	await page.getByLabel("its bell rang").waitFor();
	expect(await page.title()).toMatch(/^• /);
	await page.locator("[data-group=panel]").getByRole("button", { name: "Move to the other side" }).click();
	await reader.terminal("live", "[data-group=panelSide]");
	await page.getByLabel("its bell rang").waitFor({ state: "detached" });
	const side = page.locator("[data-group=panelSide]");
	await side.locator(".xterm").click();
	await run(
		reader,
		"printf '\\033]8;;https://shop.invalid/x\\033\\\\bank\\033]8;;\\033\\\\\\n'; echo 'right side'",
	);
	await expect.poll(() => reader.lines("[data-group=panelSide]")).toContain("\nright side");
	const over = (line) =>
		side.locator(".xterm-rows > div", { hasText: line }).hover({ force: true, position: { x: 12, y: 8 } });
	await over(/^right side/); // the line on which the mouse has been is not looked at again
	await over(/^bank/);
	await page.locator(".address", { hasText: "https://shop.invalid/x" }).waitFor();
	await page.keyboard.down("Control");
	const popup = page.context().waitForEvent("page");
	await page.mouse.down();
	await page.mouse.up();
	await page.keyboard.up("Control");
	expect((await popup).url()).toBe("https://shop.invalid/x");
});

test("copy and paste with a real shell, text of another size", async ({ open }) => {
	const context = { permissions: ["clipboard-read", "clipboard-write"] };
	const { reader, page } = await open({ model: undefined }, context);
	await openTerminal(reader);
	await run(reader, "echo precious", "\nprecious");
	const row = page.locator(".xterm-rows > div", { hasText: /^precious/ });
	await row.dblclick({ force: true, position: { x: 20, y: 8 } });
	await page.keyboard.press("Control+Shift+KeyC");
	await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe("precious");
	await page.evaluate(() => navigator.clipboard.writeText("echo one\necho two"));
	await page.locator(".xterm").click({ button: "right" });
	await page.getByRole("menuitem", { name: "Paste" }).click();
	await shows(reader, "echo two"); // both lines wait for a return: the shell was told that they were pasted
	expect(await reader.lines()).not.toContain("\none");
	await page.keyboard.press("Enter");
	await shows(reader, "\none\n");
	const rows = () => page.locator(".xterm-rows > div").count();
	const before = await rows();
	await page.keyboard.press("Control+Comma");
	await page.getByRole("spinbutton", { name: /Terminal/ }).fill("20");
	await page.getByRole("spinbutton", { name: /Terminal/ }).press("Tab");
	await page.keyboard.press("Escape");
	await expect.poll(rows).toBeLessThan(before);
	await page.locator(".xterm").click();
	await expect
		.poll(async () => {
			await run(reader, "clear; stty size");
			return (await reader.lines()).includes(`${await rows()} `);
		})
		.toBe(true);
});

test("the server is killed: the page stays, and says that the terminal is gone with it", async ({ open }) => {
	const { server, reader, page } = await open({ model: undefined });
	await openTerminal(reader);
	await run(reader, "echo before", "\nbefore");
	await server.stop("SIGKILL");
	await reader.terminal("reconnecting");
	await reader.id("banner").waitFor();
	expect(await reader.lines()).toContain("before");
	await server.run();
	await page.getByText("The server was started again").waitFor();
	expect(await reader.lines()).toContain("before");
	await reader.heading("first").waitFor();
	await reader.button("New terminal in shop").click();
	await reader.terminal();
});
