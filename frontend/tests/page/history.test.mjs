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

/** Opens a new session whose history is notices alone, which are low. */
async function openNotices({ reader, server }, count) {
	const { world } = server;
	const { id } = world.addSession({ workspace: "shop", title: "Notices" });
	const add = (n) => world.append(id, { type: "notice", level: "info", text: `Notice ${n}.` });
	for (let n = 1; n <= count; n++) add(n);
	await reader.listed("Notices").click();
	await reader.page.getByText(`Notice ${count}.`, { exact: true }).waitFor();
	return { add, scroller: reader.page.getByRole("log") };
}

/** The pixels in sight that no notice stands in, nor the gap after one. */
function blank(scroller) {
	return scroller.evaluate((element) => {
		const { top, bottom } = element.getBoundingClientRect();
		const column = element.firstElementChild;
		const gap = Number.parseFloat(getComputedStyle(column).rowGap);
		const shown = [...column.children].filter((child) => child.textContent.includes("Notice"));
		const filled = shown.map((child) => {
			const box = child.getBoundingClientRect();
			return Math.max(0, Math.min(box.bottom + gap, bottom) - Math.max(box.top, top));
		});
		return Math.round(bottom - top - filled.reduce((sum, height) => sum + height, 0));
	});
}

test("what a reader who scrolled up reads stays when the history becomes long", async ({ open }) => {
	const { reader, page, server } = await open();
	const { add, scroller } = await openNotices({ reader, server }, 40);
	await scroller.evaluate((element) => element.scrollTo(0, 100));
	await reader.button("Jump to latest").waitFor();
	const read = page.getByText("Notice 5.", { exact: true });
	const { y } = await read.boundingBox();
	await read.evaluate((element) => {
		element.dataset.mine = "yes";
	});
	add(41);
	await page.getByText("Notice 41.", { exact: true }).waitFor({ state: "attached" });
	expect(await page.getByText("Notice 30.", { exact: true }).count()).toBe(0); // it is one of the many now
	expect(await blank(scroller)).toBeLessThan(30);
	expect((await read.boundingBox()).y).toBe(y);
	expect(await read.getAttribute("data-mine")).toBe("yes");
});

test("many low items in a row fill the screen, at the end and further up", async ({ open }) => {
	const { reader, server } = await open();
	const { scroller } = await openNotices({ reader, server }, 60);
	await expect.poll(() => blank(scroller)).toBeLessThan(60); // below the last one there is the column's own margin
	await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
	await expect.poll(() => blank(scroller)).toBeLessThan(30);
});
