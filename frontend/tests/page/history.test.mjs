import { expect, test } from "./fixtures.mjs";

/** Opens the session with 120 turns. */
async function openLong(reader) {
	await reader.listed("Read me through").click();
	await reader.id("message").last().waitFor();
	return reader.page.getByRole("log");
}

test("a long history is paged backwards to its beginning", async ({ open }) => {
	const { reader, page } = await open();
	const scroller = await openLong(reader);
	expect(await reader.id("prompt").count()).toBeLessThan(40);
	const up = async () => {
		await scroller.evaluate((element) => element.scrollTo(0, 0));
		return page.getByText(/^Part 1: /).count();
	};
	await expect.poll(up).toBe(1);
	expect(await reader.id("prompt").count()).toBeLessThan(40); // what is far away is not on the page
	await reader.button("Jump to latest").click();
	const below = () => scroller.evaluate((e) => Math.round(e.scrollHeight - e.scrollTop - e.clientHeight));
	await expect.poll(below).toBeLessThan(5);
	await expect.poll(() => page.getByText("Jump to latest").count()).toBe(0);
});

test("what is being read stays where it is when an older page arrives", async ({ open }) => {
	const { reader, page, server } = await open();
	const scroller = await openLong(reader);
	const height = () => scroller.evaluate((element) => element.scrollHeight);
	const before = await height();
	const arrive = server.delay(/\/events$/);
	const asked = page.waitForRequest(/events\?before=/);
	await scroller.evaluate((element) => element.scrollTo(0, 500));
	await asked;
	await scroller.evaluate((element) => element.scrollTo(0, 200)); // the reader goes on while it loads
	const part = page.getByText(/^Part 104: /);
	const y = (await part.boundingBox()).y;
	arrive();
	await expect.poll(height).toBeGreaterThan(before + 1000);
	expect(Math.abs((await part.boundingBox()).y - y)).toBeLessThan(3);
});
