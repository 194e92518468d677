import { expect, test } from "./fixtures.mjs";

/** Takes both of the mock's processes: their agents ask for something. */
async function takeBoth(reader) {
	for (const title of ["one", "two"]) {
		await reader.start(title);
		await reader.send(`Deploy ${title}`);
		await reader.id("permission").waitFor();
	}
}

test("a waiting prompt says its place and reason and counts down", async ({ open }) => {
	const { reader, page } = await open();
	await takeBoth(reader);
	await reader.start("three");
	await reader.send("echo three");
	const notice = reader.id("queue-notice");
	await notice.getByText("You're #1 in queue — about").waitFor();
	await notice.getByText("Both agents are busy").waitFor();
	const first = await notice.innerText();
	await expect.poll(() => notice.innerText()).not.toBe(first);
	const spoken = page.getByRole("status").filter({ hasText: "You're number 1 in the queue, about" });
	expect(await spoken.count()).toBe(1);
});

test("a waiting prompt can be edited, moved and cancelled, and what is left runs", async ({ open }) => {
	const { reader, page } = await open();
	await takeBoth(reader);
	await reader.start("three");
	await reader.send("echo three");
	await reader.send("echo four");
	const notice = reader.id("queue-notice");
	await expect.poll(() => notice.count()).toBe(2);

	await reader.button("Edit this prompt").first().click();
	const box = page.getByLabel("Edit the waiting prompt");
	expect(await box.evaluate((element) => element === document.activeElement)).toBe(true);
	await box.fill("echo THREE");
	await page.keyboard.press("Enter");
	await page.getByText("edited").waitFor();

	await reader.button("Run before").click();
	await page.getByRole("article").nth(0).getByText("echo four").waitFor();
	await notice.nth(0).getByText("You're #1").waitFor();
	await notice.nth(1).getByText("You're #2").waitFor();

	await reader.button("Cancel this prompt").first().click();
	await page.getByText("Cancelled before it started").waitFor();

	await reader.listed("two").click();
	await reader.id("permission-deny").click();
	await reader.listed("three").click();
	await reader.saying("THREE").waitFor();
	expect(await reader.saying("four").count()).toBe(0);
});

test("a prompt is taken out of the queue in the list of all that waits", async ({ open }) => {
	const { reader, page } = await open();
	await takeBoth(reader);
	await reader.start("three");
	await reader.send("echo three");
	await reader.go("#/activity");
	const queue = page.getByRole("main").getByRole("region", { name: "Queue" });
	await queue.getByRole("button", { name: "Take out of the queue" }).click();
	await queue.getByText("Nobody waits.").waitFor();
	await reader.listed("three").click();
	await page.getByText("Cancelled before it started").waitFor();
});

test("a question is found and answered by the keyboard, and told to screen readers", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("one");
	await reader.send("Deploy one");
	await reader.id("permission").waitFor();
	await reader.start("two");
	await page.keyboard.press("Alt+p");
	await reader.heading("one").waitFor();
	await reader.id("permission").waitFor();
	await expect.poll(() => page.getByRole("alert").last().innerText()).toContain("A question waits for you");
	await page.keyboard.press("Alt+p");
	await page.keyboard.press("a");
	await page.getByText("You allowed this").waitFor();
	await reader.saying("it covers both").waitFor();
});

test("a question is answered for good, and that is taken back", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("one");
	await reader.send("deploy");
	await reader.id("permission-always").click();
	await page.getByLabel("every use of Bash").check();
	await reader.button("Allow in this session").click();
	await page.getByText("Allowed (Bash anything, in this session)").waitFor();
	const rules = page.getByRole("dialog", { name: "What agents may do without asking" });
	await page.keyboard.press("Control+k");
	await page.getByPlaceholder("Find a session or command").fill("permission");
	await page.getByRole("option", { name: "What agents may do without asking" }).click();
	await rules.waitFor();
	await page.keyboard.press("Escape");
	await reader.button("Settings, theme, log out").click();
	await page.getByRole("menuitem", { name: "Settings" }).click();
	await reader.button("What agents may do without asking").click();
	await rules.waitFor();
	await page.keyboard.press("Escape");
	await reader.button("Settings, theme, log out").click();
	await page.getByRole("menuitem", { name: "What agents may do without asking" }).click();
	await reader.saying("Bash (every use)", "permission-rule").getByText("in “one”").waitFor();
	await reader.button("Take back").click();
	await page.getByText("Nothing yet").waitFor();
});

test("a no can say why", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("one");
	await reader.send("deploy");
	await page.getByLabel("Why not").fill("Not on a Friday");
	await page.keyboard.press("Enter");
	await page.getByText("Not allowed (Not on a Friday)").waitFor();
});

test("a no is told to the agent", async ({ open }) => {
	const { reader, page } = await open();
	await reader.start("one");
	await reader.send("deploy");
	await reader.id("permission-deny").click();
	await page.getByText("You said no").waitFor();
	await reader.id("tool").getByText("not allowed").waitFor();
});
