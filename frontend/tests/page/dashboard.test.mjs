import { expect, test } from "./fixtures.mjs";

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Opens the dashboard, and waits until its chart has been drawn. */
async function dashboard({ page, server, reader }) {
	await page.locator("[data-tab]").first().waitFor(); // what the page opens by itself must not come after
	await page.goto(`${server.url}/#/dashboard`);
	await reader.id("dashboard").waitFor();
	await drawn(reader);
}

/** Waits until the chart has a past. */
const drawn = (reader) => expect.poll(() => points(reader)).toBeGreaterThan(200);
const points = async (reader) => Number(await reader.id("memory-chart").getAttribute("data-points"));

/** The colours in a column of the chart, from top to bottom. */
function column(page, part) {
	return page.locator("[data-testid=memory-chart] canvas").evaluate((canvas, at) => {
		const x = Math.round(canvas.width * at);
		const { data } = canvas.getContext("2d").getImageData(x, 0, 1, canvas.height);
		const colours = new Set();
		for (let i = 0; i < data.length; i += 4)
			if (data[i + 3] === 255) colours.add(data.slice(i, i + 3).join(","));
		return [...colours];
	}, part);
}

/** A colour of the page as the canvas tells it. */
function paint(page, name) {
	return page.evaluate((variable) => {
		const probe = document.body.appendChild(document.createElement("i"));
		probe.style.color = `var(${variable})`;
		const colour = getComputedStyle(probe).color;
		probe.remove();
		return colour.match(/\d+/g).slice(0, 3).join(",");
	}, name);
}

for (const scheme of ["light", "dark"]) {
	test(`memory over time is drawn in the memory bar's colours, ${scheme}`, async ({ open }) => {
		const there = await open();
		const { page, reader } = there;
		await page.emulateMedia({ colorScheme: scheme });
		await dashboard(there);
		for (const name of ["--seg-server", "--seg-cache"]) {
			const colour = await paint(page, name);
			await expect.poll(() => column(page, 0.5)).toContain(colour);
		}
		expect(await reader.id("memory-chart").getAttribute("aria-label")).toMatch(/Now \d+ MB; at most \d+ MB/);
	});
}

test("the chart follows the theme", async ({ open }) => {
	const there = await open();
	const { page } = there;
	await page.emulateMedia({ colorScheme: "light" });
	await dashboard(there);
	await page.emulateMedia({ colorScheme: "dark" });
	const dark = await paint(page, "--seg-server");
	await expect.poll(() => column(page, 0.5)).toContain(dark);
});

test("from ten minutes to a day, and to a table that says the same", async ({ open }) => {
	const there = await open();
	const { page, reader } = there;
	await dashboard(there);
	await reader.button("24 hours").click();
	await expect.poll(() => points(reader)).toBeGreaterThan(1000);
	expect(await reader.button("24 hours").getAttribute("aria-pressed")).toBe("true");
	await page.getByRole("button", { name: "Show as table" }).click();
	const rows = reader.id("memory-table").getByRole("row");
	await expect.poll(() => rows.count()).toBeGreaterThan(10);
	const [, used] = await rows
		.nth(1)
		.getByRole("cell")
		.allInnerTexts()
		.then((cells) => ["", ...cells]);
	expect(Number(used)).toBeGreaterThan(20);
	await page.getByRole("columnheader", { name: "Agents" }).waitFor();
	await page.getByRole("button", { name: "Show as chart" }).click();
	await reader.id("memory-chart").waitFor();
});

test("pointing at a time tells its figures", async ({ open }) => {
	const there = await open();
	const { reader } = there;
	await dashboard(there);
	const legend = reader.id("memory-legend");
	await legend.getByText("Now", { exact: true }).waitFor();
	await reader.id("memory-chart").hover({ position: { x: 300, y: 120 } });
	await legend.getByText(/^\d\d:\d\d:\d\d$/).waitFor();
});

test("it goes on with what the server sends, and draws nothing while nobody can see it", async ({ open }) => {
	const there = await open();
	const { page, reader, server } = there;
	await page.addInitScript(() => {
		window.drawn = 0;
		const { clearRect } = CanvasRenderingContext2D.prototype;
		CanvasRenderingContext2D.prototype.clearRect = function (...box) {
			window.drawn++;
			return clearRect.apply(this, box);
		};
	});
	await page.reload();
	await dashboard(there);
	const draws = () => page.evaluate(() => window.drawn);
	const before = await draws();
	await expect.poll(draws).toBeGreaterThan(before);

	await reader.id("dashboard").evaluate((element) => element.scrollTo(0, element.scrollHeight));
	const seen = (n) =>
		page.evaluate(
			(frames) =>
				new Promise((done) => {
					const next = () => (frames-- > 0 ? requestAnimationFrame(next) : done());
					next();
				}),
			n,
		);
	await seen(5);
	const hidden = await draws();
	server.world.turns.decided("evict", "made for this test");
	for (let n = 0; n < 20; n++) server.world.tellStatus();
	await reader.id("dashboard").getByText("Made for this test.").waitFor();
	await seen(5);
	expect(await draws()).toBe(hidden);
});

test("a decision that came again and again says since when, and leads to its session", async ({ open }) => {
	const { reader, page, server } = await open();
	const title = "A session with a title that is as long as titles may become";
	const { id } = server.world.addSession({ workspace: "shop", title });
	for (let n = 0; n < 4; n++) server.world.turns.decided("start_turn", "goes on in its own process", id);
	const told = page.getByRole("complementary").getByTestId("decision").filter({ hasText: "4 times since" });
	const link = told.getByRole("link", { name: title });
	await link.waitFor();
	const end = async (part) => (({ x, width }) => Math.round(x + width))(await part.boundingBox());
	expect(await end(link)).toBeLessThanOrEqual(await end(told));
	await link.click();
	await reader.heading(title).waitFor();
});

test("an idle process is stopped from its row, and the log says why", async ({ open }) => {
	const there = await open();
	const { page, reader } = there;
	await reader.start("first");
	await reader.send("echo x");
	await reader.id("message").waitFor();
	await dashboard(there);
	const board = reader.id("dashboard");
	const row = board.getByRole("row", { name: /first/ });
	await row.getByText("Idle", { exact: true }).waitFor();
	await row.getByRole("button", { name: "Stop this process; its session stays" }).click();
	await board.getByText("None runs. The next prompt starts one.").waitFor();
	await board.getByTestId("decision").filter({ hasText: "because you asked" }).waitFor();
	await page.getByLabel("Decisions about").selectOption("Alerts");
	await board.getByText("Nothing about that lately.").waitFor();
});

test("what is decided again and again is told once", async ({ open }) => {
	const there = await open();
	const { reader, server } = there;
	for (let n = 0; n < 40; n++)
		server.world.turns.decided(n % 2 ? "clear_alert" : "raise_alert", `memory is at ${300 + n} of 400 MB`);
	await dashboard(there);
	const alerts = reader.id("dashboard").getByTestId("decision").filter({ hasText: "of 400 MB" });
	await alerts.filter({ hasText: "20 times since" }).first().waitFor();
	expect(await alerts.count()).toBe(3); // and the one that the mock begins with
});

test("a prompt behind a question waits for the answer", async ({ open }) => {
	const there = await open();
	const { reader } = there;
	await reader.start("asks");
	await reader.send("Deploy it");
	await reader.id("permission").waitFor();
	await reader.send("echo after");
	await reader.id("queue-notice").getByText("waits for your answer first").waitFor();
	expect(await reader.id("queue-notice").getByText("about").count()).toBe(0);
	await dashboard(there);
	await reader.id("dashboard").getByText("waits for your answer first").waitFor();
});

test("sessions, terminals and commands lead to what they are about", async ({ open }) => {
	const there = await open();
	const { page, reader, server } = there;
	server.world.terminals.add({ workspace: "shop", cols: 80, rows: 24, title: "Build" });
	await dashboard(there);
	const board = reader.id("dashboard");
	await board.getByRole("link", { name: "Build" }).click();
	await page.waitForURL(/#\/t\//);
	await reader.tab("Dashboard").click();
	await board.getByRole("button", { name: "End Build" }).click();
	await reader.id("confirm").click();
	await board.getByText("None is open.").waitFor();
});

test("without its past the rest is there, and it can be asked for again", async ({ open }) => {
	const there = await open();
	const { page, reader } = there;
	await page.route("**/api/history*", (route) => route.abort());
	await page.goto(`${there.server.url}/#/dashboard`);
	await reader.id("dashboard").getByText("cannot be loaded right now").waitFor();
	await reader.id("dashboard").getByText("Limits, and who keeps them").waitFor();
	await page.unroute("**/api/history*");
	await reader.button("Try again").click();
	await drawn(reader);
});

test("on a phone it is found from what is happening, and is no wider than the screen", async ({ open }) => {
	const { page, reader } = await open({}, phone);
	await reader.id("toggle-activity").tap();
	await page.getByRole("link", { name: "More in the dashboard" }).tap();
	await drawn(reader);
	await reader.button("Show as table").tap();
	await reader.id("memory-table").waitFor();
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
	const board = reader.id("dashboard");
	expect(await board.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
});
