// One session on two devices, a network that breaks, questions that wait.
import { test as base, expect } from "./fixtures.mjs";
import { between } from "./proxy.mjs";
import { token } from "./server.mjs";

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: "dark" };
const claude = { agent: "claude", workspace: "shop" };

const test = base.extend({
	/** A phone in front of a session that is open elsewhere too. */
	second: async ({ visit }, use) => {
		await use(async (server, page) => {
			const other = await visit(server.url, phone);
			await other.page.getByLabel("Token").fill(token);
			await other.button("Log in").click();
			await other.connection();
			await other.go(new URL(page.url()).hash);
			return other;
		});
	},
});

test("two devices see the same words as they are written, and either sends", async ({
	open,
	second,
	model,
}) => {
	const { server, reader, page } = await open();
	await reader.start("first", claude);
	const other = await second(server, page);
	await reader.send("wait");
	await reader.saying("I am waiting.", "partial").waitFor();
	await other.saying("I am waiting.", "partial").waitFor();
	await other.send("say: from the phone");
	await reader.id("queue-notice").waitFor();
	await model.release();
	await reader.saying("from the phone").waitFor();
	await other.saying("from the phone").waitFor();
	expect(await other.id("message").allInnerTexts()).toEqual(await reader.id("message").allInnerTexts());
});

test("a question is on every device and survives a reload; a no with its reason reaches the agent", async ({
	open,
	second,
}) => {
	const { server, reader, page } = await open();
	await reader.start("first", claude);
	await reader.send("tool: Bash touch a.txt");
	await reader.id("permission").waitFor();
	await page.reload();
	await reader.id("permission").getByText("touch a.txt", { exact: true }).waitFor();
	const other = await second(server, page);
	await other.page.getByLabel("Why not").fill("Not on a Friday");
	await other.page.keyboard.press("Enter");
	await page.getByText("Not allowed (Not on a Friday)").waitFor();
	await reader.saying(/The tool answered: .*Not on a Friday/).waitFor();
	await other.saying(/The tool answered: .*Not on a Friday/).waitFor();
	expect(await reader.id("permission").count()).toBe(0);
});

test("the system tells an absent reader that a question waits", async ({ open }) => {
	const { reader, page } = await open({}, { permissions: ["notifications"] });
	await reader.start("first", claude);
	await page.keyboard.press("Control+Comma");
	await page.getByLabel("An agent asks for permission").click();
	await page.keyboard.press("Escape");
	const shown = () =>
		page.evaluate(async () => {
			const list = await (await navigator.serviceWorker.ready).getNotifications();
			return list.map(({ title, body }) => `${title}: ${body}`);
		});
	await reader.send("tool: Bash touch here.txt");
	await reader.id("permission").waitFor();
	expect(await shown()).toEqual([]);
	await reader.id("permission-allow").click();
	await reader.saying("The tool answered").waitFor();
	await page.evaluate(() => {
		document.hasFocus = () => false; // a browser without a screen never loses it
	});
	await reader.send("tool: Bash touch there.txt");
	await expect.poll(shown).toEqual(["first: A question waits for you."]);
});

test("a question that nobody answers is denied in time, and says so", async ({ open }) => {
	const { reader, page } = await open({
		env: {
			PERMISSION_TIMEOUT: "1500",
			MEMORY_LIMIT_MB: "4000",
			MEMORY_WARNING_THRESHOLD: "3000",
			MEMORY_PANIC_THRESHOLD: "3900",
		},
	});
	await reader.start("first", claude);
	await reader.send("tool: Bash touch a.txt");
	await reader.id("permission").waitFor();
	await page.getByText(/Not allowed \(Nobody answered within/).waitFor();
	await page.getByText(/Done in/).waitFor();
});

test("the network is cut in mid-answer and comes back: nothing is lost or doubled", async ({
	open,
	visit,
	model,
}) => {
	const { server, reader: first } = await open();
	await first.start("first", claude);
	const network = await between(server.url);
	try {
		const reader = await visit(network.url);
		const { page } = reader;
		await page.getByLabel("Token").fill(token);
		await reader.button("Log in").click();
		await reader.connection();
		await reader.go(new URL(first.page.url()).hash);
		await reader.send("slow: 80 words");
		await reader.id("partial").waitFor();
		network.cut();
		await reader.connection("reconnecting");
		await reader.id("banner").waitFor();
		await reader.id("prompt-input").fill("say: written without a network");
		network.mend();
		await reader.connection();
		await page.getByText(/Done in/).waitFor();
		const [answer] = await reader.id("message").allInnerTexts();
		expect(answer.split(/\s+/)).toHaveLength(80);
		expect(await reader.id("partial").count()).toBe(0);
		await reader.id("prompt-input").press("Enter");
		await reader.saying("written without a network").waitFor();
		expect(await first.id("message").allInnerTexts()).toEqual(await reader.id("message").allInnerTexts());
		expect(await model.waiting()).toBe(0);
	} finally {
		await network.close();
	}
});

test("what memory holds back waits and says so", async ({ open }) => {
	const tight = { MEMORY_LIMIT_MB: "300", MEMORY_WARNING_THRESHOLD: "200", MEMORY_PANIC_THRESHOLD: "220" };
	const { reader, page } = await open({ model: undefined, env: tight });
	await reader.start("first", { agent: "demo", workspace: "shop" });
	await reader.send("take 150 MB for 600 seconds");
	await page.getByText("running…").waitFor();
	await expect.poll(() => reader.id("tier").innerText()).toBe("Essential");
	await reader.start("second", { agent: "demo" });
	await reader.send("help");
	await expect.poll(() => reader.id("queue-notice").innerText()).toContain("Memory is short");
	await reader.listed("first").click();
	await reader.heading("first").waitFor();
	await reader.id("stop").click();
	await reader.listed("second").click();
	await page.getByText(/Done in/).waitFor();
});
