// The drawing of memory over time. uPlot comes with it, which is why it is loaded with the dashboard.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Memory } from "../api/wire";
import { barBytes } from "../state/memory";
import { columns, kinds, type Series } from "../state/series";

const MB = 1024 * 1024;

interface Paint {
	readonly of: (name: string) => string;
	readonly font: string;
	readonly tool: CanvasPattern | string;
}

export class MemoryChart {
	private readonly plot: uPlot;
	private readonly size: ResizeObserver;
	private memory: Memory;

	/** Draws into `host`; `point` is told the time that is pointed at, in seconds. */
	constructor(host: HTMLElement, memory: Memory, point: (time: number | undefined) => void) {
		this.memory = memory;
		const paint = paintOf(host);
		const grid = { stroke: paint.of("--line"), width: 1 };
		const axis = { stroke: paint.of("--text-2"), font: paint.font, grid, ticks: { show: false } };
		this.plot = new uPlot(
			{
				...sizeOf(host),
				padding: [10, 8, 0, 0],
				legend: { show: false },
				cursor: { y: false, points: { show: false }, drag: { setScale: false, x: false } },
				scales: { x: { time: true }, y: { range: () => [0, barBytes(this.memory) / MB] } },
				axes: [
					{ ...axis, grid: { show: false }, space: 70, size: 32, values: (_, times) => times.map(timeOfDay) },
					{ ...axis, size: 62, values: (_, values) => values.map((mb) => `${mb} MB`) },
				],
				series: [{}, ...areas(paint), peaks(paint)],
				hooks: {
					drawClear: [(u) => this.drawTiers(u, paint)],
					draw: [(u) => this.drawLines(u, paint)],
					setCursor: [
						(u) =>
							point(u.cursor.left == null || u.cursor.left < 0 ? undefined : u.posToVal(u.cursor.left, "x")),
					],
				},
			},
			columns({ step: 1, points: [] }) as uPlot.AlignedData,
			host,
		);
		this.size = new ResizeObserver(() => this.plot.setSize(sizeOf(host)));
		this.size.observe(host);
	}

	/** Shows the last `length` seconds before a time. */
	show(series: Series, to: number, length: number, memory: Memory): void {
		this.memory = memory;
		this.plot.batch(() => {
			const data = columns(series);
			// uPlot draws the first series first: the highest area, and then the lower ones over it.
			const [times, ...tops] = data;
			const peak = tops.pop();
			this.plot.setData([times, ...tops.reverse(), peak] as uPlot.AlignedData, false);
			this.plot.setScale("x", { min: to - length, max: to });
		});
	}

	destroy(): void {
		this.size.disconnect();
		this.plot.destroy();
	}

	/** The bands of the tiers, behind everything. */
	private drawTiers(u: uPlot, paint: Paint): void {
		const { left, width } = u.bbox;
		const y = (bytes: number) => u.valToPos(bytes / MB, "y", true);
		const { warningBytes, panicBytes } = this.memory;
		const top = y(barBytes(this.memory));
		u.ctx.save();
		u.ctx.globalAlpha = 0.2;
		u.ctx.fillStyle = paint.of("--warn-line");
		u.ctx.fillRect(left, y(panicBytes), width, y(warningBytes) - y(panicBytes));
		u.ctx.fillStyle = paint.of("--danger-line");
		u.ctx.fillRect(left, top, width, y(panicBytes) - top);
		u.ctx.restore();
	}

	/** The lines that memory must not cross, each with its name. */
	private drawLines(u: uPlot, paint: Paint): void {
		const { ctx } = u;
		const { left, width } = u.bbox;
		const px = uPlot.pxRatio;
		const { warningBytes, panicBytes, hardLimitBytes } = this.memory;
		const lines = [
			{ bytes: warningBytes, name: "clean-up", colour: paint.of("--warn") },
			{ bytes: panicBytes, name: "panic", colour: paint.of("--danger") },
			{ bytes: hardLimitBytes, name: "hard limit", colour: paint.of("--text") },
		];
		ctx.save();
		ctx.font = paint.font.replace(/([\d.]+)px/, (_, n) => `${Number(n) * px}px`);
		ctx.lineWidth = 1.5 * px;
		for (const { bytes, name, colour } of lines) {
			if (bytes > barBytes(this.memory)) continue;
			const y = u.valToPos(bytes / MB, "y", true);
			ctx.strokeStyle = ctx.fillStyle = colour;
			ctx.setLineDash(name === "clean-up" ? [6 * px, 4 * px] : []);
			ctx.beginPath();
			ctx.moveTo(left, y);
			ctx.lineTo(left + width, y);
			ctx.stroke();
			ctx.setLineDash([]);
			ctx.textAlign = "left";
			ctx.textBaseline = name === "hard limit" ? "top" : "bottom";
			const at = [left + 6 * px, y + (name === "hard limit" ? 4 : -3) * px] as const;
			const text = `${name} ${Math.round(bytes / MB)}`;
			ctx.save();
			ctx.strokeStyle = paint.of("--bg");
			ctx.lineWidth = 4 * px;
			ctx.lineJoin = "round";
			ctx.strokeText(text, ...at);
			ctx.restore();
			ctx.fillText(text, ...at);
		}
		ctx.restore();
	}
}

/** The areas, the highest first. */
function areas(paint: Paint): uPlot.Series[] {
	return [...kinds].reverse().map((kind) => ({
		fill: () => (kind === "tool" ? paint.tool : paint.of(`--seg-${kind}`)) as string,
		width: 0,
		points: { show: false },
	}));
}

function peaks(paint: Paint): uPlot.Series {
	return { stroke: paint.of("--text-2"), width: 1, points: { show: false } };
}

/** Reads the page's colours as they are in the theme of the moment. */
function paintOf(host: HTMLElement): Paint {
	const read = new Map<string, string>();
	const of = (name: string) => {
		const known = read.get(name);
		if (known) return known;
		const probe = host.appendChild(document.createElement("span"));
		probe.style.color = `var(${name}, var(--seg-other))`;
		const colour = getComputedStyle(probe).color;
		probe.remove();
		read.set(name, colour);
		return colour;
	};
	return {
		of,
		font: `12px ${getComputedStyle(host).fontFamily}`,
		tool: stripes(of("--seg-tool"), of("--seg-process")),
	};
}

/** The commands' colour in the memory bar: stripes of it on that of their agents. */
function stripes(colour: string, line: string): CanvasPattern | string {
	const tile = document.createElement("canvas");
	tile.width = tile.height = 8;
	const ctx = tile.getContext("2d");
	if (!ctx) return colour;
	ctx.fillStyle = colour;
	ctx.fillRect(0, 0, 8, 8);
	ctx.strokeStyle = line;
	ctx.lineWidth = 2;
	ctx.beginPath();
	for (const x of [-4, 4, 12]) {
		ctx.moveTo(x - 6, 10);
		ctx.lineTo(x + 6, -2);
	}
	ctx.stroke();
	return ctx.createPattern(tile, "repeat") ?? colour;
}

function sizeOf(host: HTMLElement): { width: number; height: number } {
	return { width: Math.max(host.clientWidth, 120), height: Math.max(host.clientHeight, 120) };
}

/** "14:05"; to the second where the marks are closer than a minute. */
function timeOfDay(seconds: number, _: number, all: number[]): string {
	const close = all.some((t) => t % 60 !== 0);
	return new Date(seconds * 1000).toTimeString().slice(0, close ? 8 : 5);
}
