// Memory over time as the server remembers it, followed as it goes on.
import { api } from "../api/client";
import type { Status } from "../api/wire";
import { pointOf, type Series, seriesOf, withNewer, withPoint } from "../state/series";

export const ranges = { minutes: 10 * 60, day: 24 * 3600 } as const;
export type Range = keyof typeof ranges;

export class Past {
	range = $state<Range>("minutes");
	series = $state.raw<Series>();
	failed = $state(false);
	/** How far the server's clock is ahead of ours, in ms. */
	private ahead = 0;
	private asked = 0;

	/** Seconds that are shown. */
	get length(): number {
		return ranges[this.range];
	}

	/** The server's time, in seconds. */
	time(now: number): number {
		return (now + this.ahead) / 1000;
	}

	choose(range: Range): void {
		if (range === this.range) return;
		this.range = range;
		this.series = undefined;
		void this.load();
	}

	/** Asks for all of it. */
	async load(): Promise<void> {
		await this.ask(this.length / 60, (series) => series);
	}

	/** Goes on with how things are; by the minute, the server is asked again instead. */
	follow(status: Status, now: number): void {
		if (this.range === "minutes" && this.series)
			this.series = withPoint(this.series, pointOf(status, now + this.ahead), this.length);
	}

	/** Takes over the minutes that have passed meanwhile. */
	async minute(): Promise<void> {
		const { series, length } = this;
		if (this.range !== "day" || !series) return;
		const last = series.points.at(-1)?.time ?? 0;
		const missing = Math.ceil((this.time(Date.now()) - last) / 60) + 1;
		// Ten and less would be answered in smaller steps.
		await this.ask(Math.min(Math.max(missing, 11), length / 60), (newer) => withNewer(series, newer, length));
	}

	private async ask(minutes: number, take: (series: Series) => Series): Promise<void> {
		const asked = ++this.asked;
		try {
			const history = await api.history(minutes);
			if (asked !== this.asked) return; // something else is wanted meanwhile
			this.ahead = history.now * 1000 - Date.now();
			this.series = take(seriesOf(history));
			this.failed = false;
		} catch {
			if (asked === this.asked) this.failed = true;
		}
	}
}
