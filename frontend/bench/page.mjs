// `npm run bench`: what the page costs. First load in gzip, time until it can be used with a processor four times
// slower, and frames while a terminal scrolls. The built page, real Chromium, the mock server on this machine.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { launch } from "../tests/browser.mjs";
import { serve } from "../tests/mock/server.mjs";
import { Reader } from "../tests/reader.mjs";

const runs = 5;
const slower = 4;
const scrollMBs = 5;
const scrollSeconds = 8;

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const say = (name, value) => process.stdout.write(`${name.padEnd(64)}${value}\n`);

const dist = await mkdtemp(join(tmpdir(), "coder1-bench-"));
await build({ logLevel: "warn", build: { outDir: dist, emptyOutDir: true } });
const server = await serve({ pace: 2, dist });
const browser = await launch();
try {
	await firstLoad();
	await interactive();
	await scroll();
} finally {
	await browser.close();
	await server.close();
	await rm(dist, { recursive: true });
}

/** Scripts and styles that come before the page is connected, without what the first answer needs. */
async function firstLoad() {
	const empty = await serve({ seeded: false, dist });
	const reader = await Reader.at(browser, "about:blank");
	const files = [];
	const collect = (response) => {
		if (/\.(js|css)$/.test(response.url())) files.push(response);
	};
	reader.page.on("response", collect);
	await reader.page.goto(`${empty.url}/#login=mock`);
	await reader.connection();
	reader.page.off("response", collect);
	const size = async (kind) => {
		const bodies = await Promise.all(files.filter((f) => f.url().endsWith(kind)).map((f) => f.body()));
		return (bodies.reduce((sum, body) => sum + gzipSync(body).length, 0) / 1024).toFixed(1);
	};
	say("first load, scripts, gzip", `${await size(".js")} KB`);
	say("first load, styles, gzip", `${await size(".css")} KB`);
	await reader.leave();
	await empty.close();
}

/** From the start of the navigation until a typed letter is in the prompt box; a fresh cache each time. */
async function interactive() {
	const times = [];
	for (let n = 0; n < runs; n++) {
		const reader = await Reader.at(browser, `${server.url}/#login=mock`);
		await reader.connection();
		const { page } = reader;
		const cdp = await page.context().newCDPSession(page);
		await cdp.send("Network.enable");
		await cdp.send("Network.setCacheDisabled", { cacheDisabled: true });
		await cdp.send("Emulation.setCPUThrottlingRate", { rate: slower });
		await page.addInitScript(watchForBox);
		await page.goto(`${server.url}/#/s/s1`, { waitUntil: "commit" });
		await page.reload({ waitUntil: "commit" });
		times.push(await page.evaluate(() => window.usable));
		await reader.leave();
	}
	say(`usable with a processor ${slower} times slower, median of ${runs}`, `${Math.round(median(times))} ms`);
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

async function scroll() {
	const reader = await Reader.at(browser, `${server.url}/#login=mock`);
	const { page } = reader;
	await reader.connection();
	await page.keyboard.press("Control+Backquote");
	await reader.terminal();
	await page.locator(".xterm").click();
	const [terminal] = server.world.terminals.all.values();

	await page.keyboard.type(`flow ${scrollMBs}\n`);
	const from = terminal.offset;
	const frames = await page.evaluate(countFrames, scrollSeconds * 1000);
	const rate = (terminal.offset - from) / scrollSeconds / (1 << 20);
	await page.keyboard.press("Control+c");
	say(`terminal asked to scroll ${scrollMBs} MB/s: drawn`, `${rate.toFixed(1)} MB/s`);
	say("  frames", `${(frames.length / scrollSeconds).toFixed(0)} a second`);
	say(
		"  longest and median frame",
		`${Math.round(Math.max(...frames))} ms, ${Math.round(median(frames))} ms`,
	);

	await page.locator(".xterm").click();
	const began = performance.now();
	const before = terminal.offset;
	await page.keyboard.type("dump 32\n");
	await page.waitForFunction(
		() => /\$\s*$/.test(document.querySelector(".xterm-rows")?.innerText ?? ""),
		undefined,
		{
			polling: 50,
		},
	);
	const seconds = (performance.now() - began) / 1000;
	say("terminal as fast as it can", `${((terminal.offset - before) / (1 << 20) / seconds).toFixed(1)} MB/s`);
	await reader.leave();
}

/** Runs in the page: the time between one frame and the next, for so many ms. */
function countFrames(ms) {
	return new Promise((done) => {
		const frames = [];
		const began = performance.now();
		let last = began;
		const frame = (now) => {
			frames.push(now - last);
			last = now;
			if (now - began < ms) requestAnimationFrame(frame);
			else done(frames);
		};
		requestAnimationFrame(frame);
	});
}
