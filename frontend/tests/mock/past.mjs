// How memory was used in the mock: a believable day, and what has happened since.
const MB = 1024 * 1024;
const kinds = ["server", "process", "tool", "terminal", "other", "cache"];

export class Past {
	/** By the minute, and by two seconds. */
	spans = { 60: [], 2: [] };

	constructor(turns, seeded) {
		this.turns = turns;
		if (!seeded) return;
		const now = Math.floor(Date.now() / 1000);
		// The server was away for an hour in the night.
		for (const at of times(now - 86_400, now, 60))
			if (now - at < 40_000 || now - at > 43_600) this.put(60, at, day(at));
		for (const at of times(now - 600, now, 2)) this.put(2, at, day(at));
	}

	take() {
		const { owners, usedBytes } = this.turns.memory();
		const parts = kinds.map((kind) =>
			owners.filter((o) => o.kind === kind).reduce((sum, o) => sum + o.bytes / MB, 0),
		);
		for (const step of [60, 2])
			this.put(step, Math.floor(Date.now() / 1000 / step) * step, parts, usedBytes / MB);
	}

	put(step, time, parts, used = parts.reduce((sum, part) => sum + part, 0)) {
		const spans = this.spans[step].filter((s) => s.time !== time);
		this.spans[step] = [...spans, { time, parts, used }].slice(step === 60 ? -1440 : -300);
	}

	since(minutes) {
		const step = minutes <= 10 ? 2 : 60;
		const now = Math.floor(Date.now() / 1000);
		const spans = this.spans[step].filter((s) => s.time >= now - minutes * 60);
		const column = (of) => ({
			mean: spans.map((s) => round(of(s))),
			max: spans.map((s) => round(of(s) * 1.06)),
		});
		return {
			now,
			stepSeconds: step,
			times: spans.map((s) => s.time),
			used: column((s) => s.used),
			owners: Object.fromEntries(kinds.map((kind, i) => [kind, column((s) => s.parts[i])])),
			tiers: spans.map((s) => (s.used > 380 ? "essential" : s.used > 300 ? "standard" : "premium")),
			waiting: spans.map((s) => (s.used > 300 ? 2 : 0)),
			processes: spans.map((s) => Math.min(2, Math.round(s.parts[1] / 110))),
		};
	}
}

const round = (mb) => Math.round(mb * 10) / 10;

function times(from, to, step) {
	const first = Math.ceil(from / step) * step;
	return Array.from({ length: Math.floor((to - first) / step) }, (_, i) => first + i * step);
}

/** Two agents that come and go, and now and then a test run. */
function day(at) {
	const wave = (period, shift = 0) => Math.sin((2 * Math.PI * (at + shift)) / period);
	const agents =
		(wave(7200) > -0.3 ? 118 + 8 * wave(700) : 0) + (wave(11_000, 900) > 0.2 ? 104 + 6 * wave(500) : 0);
	const tool = agents > 0 && wave(2500) > 0.75 ? 70 + 50 * wave(300) : 0;
	const terminal = wave(40_000) > 0 ? 9 : 0;
	return [21 + 2 * wave(900), agents, tool, terminal, 1.5, 24 + 6 * wave(5000)];
}
