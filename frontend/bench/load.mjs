// First load, and the time until the page can be used.
import { gzipSync } from "node:zlib";
import { Reader } from "../tests/reader.mjs";
import { median, watchTasks } from "./figures.mjs";

const runs = 5;
const slower = 4;

export async function load({ browser, server, figures }) {
	const reader = await Reader.at(browser, server.link);
	await reader.connection();
	await firstLoad(reader, figures);
	await server.call("POST", "/api/workspaces", { name: "shop" });
	const { id } = await server.call("POST", "/api/sessions", { workspace: "shop", agent: "demo", title: "A" });
	const state = await reader.page.context().storageState();
	await reader.leave();
	const times = [];
	for (let n = 0; n < runs; n++) times.push(await usable(browser, state, `${server.url}/#/s/${id}`));
	figures.add(
		`a letter is in the prompt box, processor ${slower} × slower, median of ${runs}`,
		median(times),
		"ms",
		{
			most: 1500,
		},
	);
}

/** Scripts and styles that come before the page is connected. */
async function firstLoad({ page }, figures) {
	const files = [];
	page.on("response", (response) => {
		if (/\.(js|css)$/.test(new URL(response.url()).pathname)) files.push(response);
	});
	await page.reload();
	await page.locator("[data-testid=connection][data-state=live]").waitFor();
	const size = async (kind) => {
		const bodies = await Promise.all(files.filter((f) => f.url().endsWith(kind)).map((f) => f.body()));
		return bodies.reduce((sum, body) => sum + gzipSync(body).length, 0) / 1024;
	};
	figures.add("first load, scripts, gzip", await size(".js"), "KB", { most: 90, digits: 1 });
	figures.add("first load, styles, gzip", await size(".css"), "KB", { digits: 1 });
}

/** From the start of the navigation until a typed letter is in the prompt box, with an empty cache. */
async function usable(browser, storageState, address) {
	const reader = await Reader.at(browser, "about:blank", { storageState });
	const { page } = reader;
	const cdp = await page.context().newCDPSession(page);
	await cdp.send("Network.enable");
	await cdp.send("Network.setCacheDisabled", { cacheDisabled: true });
	await cdp.send("Emulation.setCPUThrottlingRate", { rate: slower });
	await page.addInitScript(watchTasks);
	await page.addInitScript(watchForBox);
	await page.goto(address, { waitUntil: "commit" });
	const time = await page.evaluate(() => window.usable);
	await reader.leave();
	return time;
}

/** Runs in the page: the moment at which the prompt box is there and the page has time for the reader. */
function watchForBox() {
	window.usable = new Promise((found) => {
		const look = () => {
			const box = document.querySelector("[data-testid=prompt-input]");
			if (!box) return requestAnimationFrame(look);
			box.addEventListener("input", () => requestAnimationFrame(() => found(performance.now())), {
				once: true,
			});
			setTimeout(() => {
				box.value = "x";
				box.dispatchEvent(new Event("input", { bubbles: true }));
			});
		};
		requestAnimationFrame(look);
	});
}
