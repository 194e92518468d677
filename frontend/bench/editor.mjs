// Typing in a file of 1 MB.
import { Reader } from "../tests/reader.mjs";
import { median, quantile, watchTasks } from "./figures.mjs";

const lines = 25_000;
const letters = 200;

export async function editor({ browser, server, figures }) {
	await server.call("POST", "/api/workspaces", { name: "shop" });
	const line = (i) => `export const value${i} = { price: ${i}, count: 1 };`.padEnd(41);
	const text = Array.from({ length: lines }, (_, i) => line(i)).join("\n");
	await server.put("shop", "large.ts", text);
	const reader = await Reader.at(browser, server.link);
	const { page } = reader;
	await reader.connection();
	await page.addInitScript(watchTasks);
	await page.goto(`${server.url}/#/f/shop/large.ts`);
	await page.reload();
	const code = page.locator(".cm-content");
	await code.click();
	await page.keyboard.press("Control+End");
	await page.evaluate(watchTyping);
	for (let i = 0; i < letters; i++) await page.keyboard.type("abcdefg ;\n"[i % 10]);
	const times = await page.evaluate(() => window.typed);
	const size = (text.length / (1 << 20)).toFixed(1);
	figures.add(`a key in a TypeScript file of ${size} MB, until it is drawn: median`, median(times), "ms", {
		most: 50,
		digits: 1,
	});
	figures.add("  one in a hundred takes longer than", quantile(times, 0.99), "ms", { most: 100, digits: 1 });
	await reader.leave();
}

/** Runs in the page: notes for each key how long it took until the frame after it was drawn. */
function watchTyping() {
	window.typed = [];
	const channel = new MessageChannel();
	let began = [];
	channel.port1.onmessage = () => {
		const now = performance.now();
		window.typed.push(...began.map((start) => now - start));
		began = [];
	};
	const key = (event) => {
		began.push(event.timeStamp);
		if (began.length === 1) requestAnimationFrame(() => channel.port2.postMessage(0));
	};
	document.addEventListener("keydown", key, { capture: true });
}
