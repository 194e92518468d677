import { expect, test } from "./fixtures.mjs";

/** Opens a terminal by the keyboard and waits for its shell. */
async function openTerminal(reader) {
	await reader.page.keyboard.press("Control+Backquote");
	await reader.terminal();
	await shows(reader, "$");
}

const shows = (reader, text, within) => expect.poll(() => reader.lines(within)).toContain(text);

/** Types a command and waits for what it says. */
async function run(reader, command, answer) {
	await reader.page.keyboard.type(`${command}\n`);
	if (answer) await shows(reader, answer);
}

/** How often a text is in all that the terminal has said, as its search counts. */
async function count(reader, text) {
	const { page } = reader;
	await page.keyboard.press("Control+Shift+KeyF");
	await page.getByLabel("Find in the terminal").fill(text);
	const words = page.getByRole("search").getByRole("status");
	await expect.poll(() => words.innerText()).toMatch(/of|Nothing/);
	const found = await words.innerText();
	await page.keyboard.press("Escape");
	return Number(/of (\d+)/.exec(found)?.[1] ?? 0);
}

test("a terminal opens by the keyboard, echoes, and hides without stopping", async ({ open }) => {
	const { reader, page, server } = await open();
	await openTerminal(reader);
	await run(reader, "echo grün 世界 é", "\ngrün 世界 é");
	await page.keyboard.press("Control+Backquote");
	await page.locator(".xterm").waitFor({ state: "hidden" });
	const [terminal] = server.world.terminals.all.values();
	terminal.say("said while hidden\r\n");
	await page.keyboard.press("Control+Backquote");
	await shows(reader, "said while hidden");
	await run(reader, "echo focus", "\nfocus"); // the keyboard is in the terminal again
	expect(server.world.terminals.list()).toHaveLength(1);
});

test("the terminal has the size of its place, in the shell too", async ({ open }) => {
	const { reader, page, server } = await open();
	await openTerminal(reader);
	const [terminal] = server.world.terminals.all.values();
	const rows = () => terminal.about.rows;
	await expect.poll(() => page.locator(".xterm-rows > div").count()).toBe(rows());
	const before = rows();
	const sash = page.getByRole("separator", { name: "Height of the panel" });
	for (let i = 0; i < 5; i++) await sash.press("ArrowUp");
	await expect.poll(rows).toBeGreaterThan(before + 2);
	await page.locator(".xterm").click();
	await run(reader, "size", `${terminal.about.cols}x${rows()}`);
});

test("reload and cut lose and double nothing", async ({ open }) => {
	const { reader, page, server } = await open();
	await openTerminal(reader);
	await run(reader, "echo before the reload", "\nbefore the reload");
	await page.reload();
	await reader.terminal();
	await shows(reader, "\nbefore the reload");
	await page.locator(".xterm").click();
	await page.keyboard.type("dump 2\n");
	await shows(reader, "the quick brown fox");
	const mend = server.cut();
	await reader.terminal("reconnecting");
	mend();
	await reader.terminal();
	await expect.poll(() => reader.lines(), { timeout: 60_000 }).toMatch(/\$\s*$/);
	for (const number of ["       0 the quick", "    5000 the quick", "   20000 the quick"])
		expect(await count(reader, number)).toBe(1);
	expect(await count(reader, "before the reload")).toBe(2); // typed, and said
});

test("a viewer that is sent away for being slow comes back where it was", async ({ open }) => {
	const { reader, server } = await open();
	await openTerminal(reader);
	const [terminal] = server.world.terminals.all.values();
	terminal.leaveAll(4001);
	terminal.say("after the break\r\n");
	await shows(reader, "after the break");
	expect(await count(reader, "after the break")).toBe(1);
});

test("old questions of the output are not answered again when a page comes", async ({ open }) => {
	const { reader, page, server } = await open();
	await openTerminal(reader);
	const { input } = server.world.terminals;
	const answers = () => input.filter((text) => text.includes("\x1b[?1;2c")).length;
	await page.keyboard.type("printf \\e[casked\n");
	await expect.poll(answers).toBe(1);
	await page.reload();
	await reader.terminal();
	await shows(reader, "asked");
	await page.locator(".xterm").click();
	await page.keyboard.press("Control+c");
	await run(reader, "echo later", "\nlater");
	expect(answers()).toBe(1);
});

test("two windows on one terminal: both see all, the one in use gives the size", async ({ open }) => {
	const { reader, page, server } = await open();
	await openTerminal(reader);
	const [terminal] = server.world.terminals.all.values();
	const other = await page.context().newPage();
	await other.setViewportSize({ width: 800, height: 600 });
	await other.goto(page.url());
	await other.locator("[data-testid=terminal][data-state=live]").waitFor();
	await expect.poll(() => terminal.about.cols).toBeLessThan(80);
	const { cols } = terminal.about;
	await other.locator(".xterm").click();
	await other.keyboard.type("echo from the other\n");
	await shows(reader, "\nfrom the other");
	await page.bringToFront();
	await page.locator(".xterm").click();
	await page.keyboard.type("x");
	await expect.poll(() => terminal.about.cols).toBeGreaterThan(cols);
});

test("the end is shown; restart begins anew in the same tab, close forgets it", async ({ open }) => {
	const { reader, page, server } = await open();
	await openTerminal(reader);
	await run(reader, "exit 3");
	await page.getByText("Ended with code 3.").waitFor();
	await reader.button("Restart").click();
	await reader.terminal();
	expect(server.world.terminals.list().map(({ state }) => state)).toEqual(["running"]);
	await page.locator(".xterm").click();
	await run(reader, "echo anew", "\nanew");
	const [terminal] = server.world.terminals.all.values();
	terminal.end({ signal: "KILL", reason: "it was stopped at 310 MB to keep the server alive" });
	await page.getByText("Ended by SIGKILL: it was stopped at 310 MB to keep the server alive.").waitFor();
	await page.getByTestId("terminal").getByRole("button", { name: "Close" }).click();
	await expect.poll(() => server.world.terminals.list()).toEqual([]);
});

test("a terminal that a restart of the server has ended keeps what it showed, and offers a new one", async ({
	mock,
	open,
}) => {
	const { reader, page, server } = await open();
	await openTerminal(reader);
	await run(reader, "echo the last words", "\nthe last words");
	await server.close();
	await reader.terminal("reconnecting");
	const again = await mock({ port: Number(new URL(server.url).port) });
	again.world.terminals.next = 2; // no two have the same id
	await page.getByText("The server was started again").waitFor();
	await reader.connection();
	expect(await reader.lines()).toContain("\nthe last words");
	await reader.button("New terminal in shop").click();
	await reader.terminal();
	expect(await reader.lines()).not.toContain("the last words");
	expect(await page.locator("[data-group=panel] [role=tab]").count()).toBe(1);
});

test("a closed tab leaves its terminal running, listed, and it can be ended", async ({ open }) => {
	const { reader, page, server } = await open();
	await openTerminal(reader);
	await run(reader, "echo still here", "\nstill here");
	await page.locator("[data-group=panel]").getByTestId("close-tab").click();
	await page.getByText("goes on running").waitFor();
	await reader.id("toggle-panel").click();
	await reader.id("terminal-item").click();
	await shows(reader, "\nstill here");
	await reader.tab("bash").click({ button: "right" });
	await page.getByRole("menuitem", { name: "End terminal…" }).click();
	await reader.id("confirm").click();
	await expect.poll(() => server.world.terminals.list()).toEqual([]);
});

test("terminals are side by side, can be renamed, and are found by the palette", async ({ open }) => {
	const { reader, page } = await open();
	await openTerminal(reader);
	await reader.tab("bash").click({ button: "right" });
	await page.getByRole("menuitem", { name: "Rename…" }).click();
	await page.getByLabel("Title").fill("watcher");
	await page.keyboard.press("Enter");
	await reader.tab("watcher").waitFor();
	await page.keyboard.press("Control+Shift+Backquote");
	await reader.tab("bash").waitFor();
	await page.locator("[data-group=panel]").getByRole("button", { name: "Move to the other side" }).click();
	await reader.terminal("live", "[data-group=panelSide]");
	await run(reader, "echo right");
	await shows(reader, "\nright", "[data-group=panelSide]");
	await reader.terminal("live", "[data-group=panel]");
	await page.keyboard.press("Control+Shift+KeyP");
	await page.getByPlaceholder("Find a session or command").fill("watcher");
	await page.keyboard.press("Enter");
	await expect.poll(() => page.title()).toContain("Terminal: watcher");
});

test("text is found, in cases and patterns", async ({ open }) => {
	const { reader, page } = await open();
	await openTerminal(reader);
	for (const word of ["Alpha", "alpha", "beta"]) await run(reader, `echo ${word}`, `\n${word}`);
	expect(await count(reader, "alpha")).toBe(4);
	expect(await count(reader, "gamma")).toBe(0);
	await page.keyboard.press("Control+Shift+KeyF");
	const words = page.getByRole("search").getByRole("status");
	await page.getByLabel("Find in the terminal").fill("Alpha");
	await expect.poll(() => words.innerText()).toMatch(/of 4$/);
	await reader.button("Match case").click();
	await expect.poll(() => words.innerText()).toMatch(/of 2$/);
	await reader.button("Pattern").click();
	await page.getByLabel("Find in the terminal").fill("(");
	await expect.poll(() => words.innerText()).toBe("Not a pattern");
	await page.getByLabel("Find in the terminal").fill("^bet.$");
	await expect.poll(() => words.innerText()).toBe("1 of 1");
});

test("links open with Ctrl and a click, and show where they really lead", async ({ open }) => {
	const { reader, page } = await open();
	await page.context().route("https://*.invalid/**", (route) => route.fulfill({ body: "there" }));
	await openTerminal(reader);
	const link = (address) => `\\e]8;;${address}\\e\\bank\\e]8;;\\e\\`;
	await run(reader, `printf ${link("https://evil.invalid/x")}`, "bank");
	const row = page.locator(".xterm-rows > div", { hasText: /^bank/ });
	await row.hover({ force: true, position: { x: 12, y: 8 } });
	await page.getByText("https://evil.invalid/x").and(page.locator(".address")).waitFor();
	await page.mouse.down();
	await page.mouse.up();
	expect(page.context().pages()).toHaveLength(1);
	await page.keyboard.down("Control");
	const popup = page.context().waitForEvent("page");
	await page.mouse.down();
	await page.mouse.up();
	await page.keyboard.up("Control");
	expect((await popup).url()).toBe("https://evil.invalid/x");
	await (await popup).close();
	await page.bringToFront();

	await run(reader, "\x15");
	await page.keyboard.press("Control+c");
	await run(reader, `printf ${link("javascript:alert(1)")}\\n`, "bank");
	await expect.poll(() => page.locator(".xterm-rows > div", { hasText: /^bank/ }).count()).toBe(2);
	await page
		.locator(".xterm-rows > div", { hasText: /^bank/ })
		.last()
		.hover({ force: true, position: { x: 12, y: 8 } });
	await expect.poll(() => page.locator(".address").count()).toBe(0);
});

test("output cannot name the page, nor reach the clipboard unless that is allowed", async ({ open }) => {
	const context = { permissions: ["clipboard-read", "clipboard-write"] };
	const { reader, page } = await open({}, context);
	await page.evaluate(() => navigator.clipboard.writeText("mine"));
	await openTerminal(reader);
	const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
	await run(reader, "printf \\e]0;Your-bank\\aok-1\\n", "ok-1");
	expect(await page.title()).toBe("Terminal: bash · Coder1");
	expect(await reader.tab("Your-bank").count()).toBe(0);
	await run(reader, "printf \\e]52;c;ZXZpbA==\\aok-2\\n", "ok-2");
	await page.getByText("wanted to replace what is on your clipboard").waitFor();
	expect(await clipboard()).toBe("mine");
	await page.getByRole("status").getByRole("button", { name: "Settings" }).click();
	await page.getByLabel("Programs may write to the clipboard").click();
	await page.keyboard.press("Escape");
	await page.locator(".xterm").click();
	await run(reader, "printf \\e]52;c;ZXZpbA==\\aok-3\\n", "ok-3");
	await expect.poll(clipboard).toBe("evil");
});

test("copy and paste, by the keys and the menu", async ({ open }) => {
	const context = { permissions: ["clipboard-read", "clipboard-write"] };
	const { reader, page } = await open({}, context);
	await openTerminal(reader);
	await run(reader, "echo precious", "\nprecious");
	await page
		.locator(".xterm-rows > div", { hasText: /^precious/ })
		.dblclick({ force: true, position: { x: 20, y: 8 } });
	await page.keyboard.press("Control+Shift+KeyC");
	await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe("precious");
	await page.evaluate(() => navigator.clipboard.writeText("echo pasted"));
	await page.locator(".xterm").click({ button: "right" });
	await page.getByRole("menuitem", { name: "Paste" }).click();
	await shows(reader, "$ echo pasted");
	await page.keyboard.press("Enter");
	await shows(reader, "\npasted");
});

test("a bell behind another tab marks it and the page's title until it is looked at", async ({ open }) => {
	const { reader, page, server } = await open();
	await openTerminal(reader);
	const [first] = server.world.terminals.all.values();
	await page.keyboard.press("Control+Shift+Backquote");
	await expect.poll(() => page.locator("[data-group=panel] [role=tab]").count()).toBe(2);
	await reader.terminal();
	first.say("\x07");
	await page.getByLabel("its bell rang").waitFor();
	expect(await page.title()).toMatch(/^• /);
	await reader.tab("bash").first().click();
	await page.getByLabel("its bell rang").waitFor({ state: "detached" });
	expect(await page.title()).not.toContain("•");
});

test("text is as large as was chosen, and a screen reader finds it when that was asked for", async ({
	open,
}) => {
	const { reader, page } = await open();
	await openTerminal(reader);
	const rows = () => page.locator(".xterm-rows > div").count();
	const before = await rows();
	await page.keyboard.press("Control+Shift+KeyP");
	await page.getByPlaceholder("Find a session or command").fill("Settings");
	await page.keyboard.press("Enter");
	await page.getByRole("spinbutton", { name: /Terminal/ }).fill("20");
	await page.getByRole("spinbutton", { name: /Terminal/ }).press("Tab");
	await page.getByLabel("For screen readers").click();
	await page.keyboard.press("Escape");
	await expect.poll(rows).toBeLessThan(before);
	await page.locator(".xterm").click();
	await run(reader, "echo heard");
	await page
		.getByRole("listitem")
		.filter({ hasText: /^heard/ })
		.waitFor();
});

test("a terminal in a session's keys: Esc goes to the program, not to the turn", async ({ open }) => {
	const { reader, page, server } = await open();
	await reader.start("one");
	await reader.send("hold on: how?");
	await reader.saying("The governor decides", "partial").waitFor();
	await openTerminal(reader);
	await page.keyboard.press("Escape");
	await expect.poll(() => server.world.terminals.input).toContain("\x1b");
	expect(await reader.id("stop").count()).toBe(1);
});
