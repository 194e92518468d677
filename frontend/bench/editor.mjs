// Typing in a file of 1 MB, and in a small one beside it.
import { Reader } from "../tests/reader.mjs";
import { median, quantile } from "./figures.mjs";

const lines = 25_000;
const letters = 200;
/** Milliseconds from key to key: twice as fast as people type, and not so fast that the browser draws no frames. */
const pace = 60;

export async function editor({ browser, server, figures }) {
	await server.call("POST", "/api/workspaces", { name: "shop" });
	const line = (i) => `export const value${i} = { price: ${i}, count: 1 };`.padEnd(41);
	const text = Array.from({ length: lines }, (_, i) => line(i)).join("\n");
	await server.put("shop", "small.ts", text.slice(0, 1000));
	await server.put("shop", "large.ts", text);
	const reader = await Reader.at(browser, server.link);
	await reader.connection();
	const small = await type(reader.page, `${server.url}/#/f/shop/small.ts`);
	const large = await type(reader.page, `${server.url}/#/f/shop/large.ts`);
	const size = (text.length / (1 << 20)).toFixed(1);
	figures.add(`a key in a TypeScript file of ${size} MB, until it is drawn: median`, median(large), "ms", {
		most: 50,
		digits: 1,
	});
	figures.add("  the same in a file of 1 KB", median(small), "ms", { digits: 1 });
	figures.add("  one in a hundred takes longer than", quantile(large, 0.99), "ms", { most: 100, digits: 1 });
	await reader.leave();
}

/** Types at the end of a file; the result is how long each key took. */
async function type(page, address) {
	await page.goto(address);
	await page.reload();
	await page.locator(".cm-content").click();
	await page.keyboard.press("Control+End");
	await page.evaluate(watchTyping);
	for (let i = 0; i < letters; i++) await page.keyboard.type("abcdefg ;\n"[i % 10], { delay: pace });
	return page.evaluate(() => window.typed);
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
