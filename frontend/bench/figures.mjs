// What was measured, beside what it may be.

export class Figures {
	rows = [["what", "measured", "budget", ""]];
	/** Whether something is not within its budget. */
	missed = false;

	/** A figure; with `most` or `least` it has a budget. */
	add(name, value, unit, { most, least, digits = 0 } = {}) {
		const within = (most === undefined || value <= most) && (least === undefined || value >= least);
		const limits = [most !== undefined && `≤ ${most} ${unit}`, least !== undefined && `≥ ${least} ${unit}`];
		const budget = limits.filter(Boolean).join(", ");
		this.rows.push([
			name,
			`${value.toFixed(digits)} ${unit}`,
			budget,
			budget && (within ? "kept" : "MISSED"),
		]);
		this.missed ||= !within;
	}

	print() {
		const widths = this.rows[0].map((_, i) => Math.max(...this.rows.map((row) => row[i].length)));
		const line = (row) =>
			row
				.map((cell, i) => cell.padEnd(widths[i]))
				.join("  ")
				.trimEnd();
		process.stdout.write(`${this.rows.map(line).join("\n")}\n`);
	}
}

export const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
export const quantile = (list, part) => list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) * part)];

/** Runs in the page before anything else: gathers how long each task over 50 ms took, as the browser counts them. */
export function watchTasks() {
	window.tasks = [];
	new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((e) => e.duration))).observe({
		type: "longtask",
		buffered: true,
	});
}

/**
 * The processor's milliseconds of the longest task of a page's main thread in a trace ("toplevel"). Unlike the clock's
 * it says what the page asks for, also where something else takes the processor meanwhile.
 */
export function longestTask(trace) {
	const { traceEvents } = JSON.parse(trace.toString());
	const pages = new Set(
		traceEvents
			.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
			.map(({ pid, tid }) => `${pid} ${tid}`),
	);
	const tasks = traceEvents.filter(
		({ name, pid, tid }) => name.endsWith("RunTask") && pages.has(`${pid} ${tid}`),
	);
	return tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur / 1000), 0);
}

/** What a page holds: its scripts' objects, and on Linux all memory of its process (PSS), in MB. */
export async function memory(page) {
	const cdp = await page.context().newCDPSession(page);
	await cdp.send("HeapProfiler.collectGarbage");
	const { usedSize } = await cdp.send("Runtime.getHeapUsage");
	const { nodes } = await cdp.send("Memory.getDOMCounters");
	await cdp.detach();
	return { heapMB: usedSize / (1 << 20), nodes };
}
