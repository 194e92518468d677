// A terminal with a program that writes much, and one that writes as fast as it can.
import { Reader } from "../tests/reader.mjs";
import { median, quantile } from "./figures.mjs";

const perSecondMB = 5;
const seconds = 8;
const dumpMB = 32;

// What the shell runs: so many MB a second for ever, or so many in one go.
const flow = `
const line = "the quick brown fox jumps over the lazy dog ".repeat(2) + "\\n";
const [kind, amount] = process.argv.slice(2);
const bytes = Number(amount) * (1 << 20);
const piece = line.repeat(Math.ceil(bytes / (kind === "flow" ? 50 : 64) / line.length));
if (kind === "flow") setInterval(() => process.stdout.writableNeedDrain || process.stdout.write(piece), 20);
else for (let i = 0; i < 64; i++) process.stdout.write(piece);
`;

export async function terminal({ browser, server, figures }) {
	await server.call("POST", "/api/workspaces", { name: "shop" });
	await server.call("POST", "/api/sessions", { workspace: "shop", agent: "demo", title: "A" });
	await server.put("shop", "flow.mjs", flow);
	const reader = await Reader.at(browser, server.link);
	const { page } = reader;
	await reader.connection();
	await page.keyboard.press("Control+Backquote");
	await reader.terminal();
	await page.locator(".xterm").click();
	const sent = async () => (await server.call("GET", "/api/terminals"))[0].offset;
	const shown = (text) =>
		page.waitForFunction((t) => document.querySelector(".xterm-rows")?.innerText.includes(t), text);

	await page.keyboard.type(`${process.execPath} flow.mjs flow ${perSecondMB}\n`);
	await shown("quick brown fox");
	const from = await sent();
	const frames = await page.evaluate(countFrames, seconds * 1000);
	const rate = ((await sent()) - from) / seconds / (1 << 20);
	await page.keyboard.press("Control+c");
	figures.add(`a terminal with a program that writes ${perSecondMB} MB/s: drawn`, rate, "MB/s", {
		digits: 1,
	});
	figures.add("  frames a second", frames.length / seconds, "", { least: 30 });
	figures.add("  one frame in a hundred takes longer than", quantile(frames, 0.99), "ms", { most: 100 });
	figures.add("  longest frame", Math.max(...frames), "ms");
	figures.add("  median frame", median(frames), "ms");

	await page.keyboard.type("clear; echo rea''dy\n");
	await shown("ready");
	const before = await sent();
	const began = performance.now();
	await page.keyboard.type(`clear; ${process.execPath} flow.mjs dump ${dumpMB}; echo all of it dra''wn\n`);
	await shown("all of it drawn");
	const took = (performance.now() - began) / 1000;
	figures.add("  as fast as it can", ((await sent()) - before) / (1 << 20) / took, "MB/s", { digits: 1 });
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
