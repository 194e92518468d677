// A session of 10,000 messages: opened, scrolled from its end to its beginning and back.
import { Reader } from "../tests/reader.mjs";
import { longestTask, memory, watchTasks } from "./figures.mjs";
import { exported } from "./sample.mjs";

const messages = 10_000;

export async function long({ browser, server, figures }) {
	await server.call("POST", "/api/workspaces", { name: "shop" });
	const session = await server.import("shop", exported(messages / 2));
	const reader = await Reader.at(browser, server.link);
	const { page } = reader;
	await reader.connection();
	await page.addInitScript(watchTasks);
	await page.goto(`${server.url}/#/s/${session.id}`);
	await page.reload();
	await reader.id("message").last().waitFor();
	const before = await memory(page);

	const tasks = () => page.evaluate(() => window.tasks.splice(0));
	await tasks();
	await browser.startTracing(page, { categories: ["toplevel"] });
	const frames = await page.evaluate(scroll, -1);
	const longest = longestTask(await browser.stopTracing());
	const up = await tasks();
	await reader.saying("Prompt 1:", "prompt").first().waitFor();
	const after = await memory(page);
	await tasks();
	const down = await page.evaluate(scroll, 1);
	const downTasks = await tasks();

	const what = `${messages.toLocaleString("en")} messages`;
	const all = [...up, ...downTasks];
	figures.add(`${what}, read from end to beginning: longest task, processor time`, longest, "ms", {
		most: 100,
	});
	figures.add("  longest task there and back, by the clock", Math.max(0, ...all), "ms");
	figures.add("  tasks over 50 ms by the clock", all.length, "");
	figures.add("  screens scrolled", frames + down, "");
	figures.add("  the tab's scripts hold, opened", before.heapMB, "MB");
	figures.add("  the tab's scripts hold, all of it read", after.heapMB, "MB", { most: 150 });
	figures.add("  elements and texts on the page then", after.nodes, "", { most: 60_000 });
	await reader.leave();
}

/**
 * Runs in the page: scrolls by most of a screen each frame, up or down, until it stays where it is although the
 * history has been loaded. The result is how many times.
 */
function scroll(direction) {
	const scroller = document.querySelector("[role=log]");
	const end = () => {
		const { scrollTop, scrollHeight, clientHeight } = scroller;
		if (direction > 0) return scrollHeight - scrollTop - clientHeight < 5;
		return scrollTop === 0 && !document.querySelector(".earlier");
	};
	return new Promise((done) => {
		let count = 0;
		const step = () => {
			if (end()) return done(count);
			scroller.scrollBy({ top: direction * scroller.clientHeight * 0.8, behavior: "instant" });
			count++;
			requestAnimationFrame(step);
		};
		step();
	});
}
