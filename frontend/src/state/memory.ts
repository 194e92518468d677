// The geometry of the memory bar: 0 to the hard limit, stacked by owner, with the tiers' bands behind. Where
// the hard limit is far beyond the budget, as on a laptop, the bar ends a little after the budget instead.
import type { AgentProcess, Memory, MemoryOwner, OwnerKind, TierName } from "../api/wire";

export interface Segment extends MemoryOwner {
	/** Percent of the bar. */
	left: number;
	width: number;
	process?: AgentProcess;
}

export interface Band {
	tier: TierName;
	left: number;
	width: number;
}

const rank: Record<OwnerKind, number> = { server: 0, process: 1, tool: 1, terminal: 2, other: 3, cache: 4 };

/**
 * The segments in the order drawn: the server, each process followed by its tools, the
 * terminals, the rest, page cache.
 * Together they are as long as `usedBytes`: what no owner claims is shown as such, and where owners claim
 * more than is used (pages they share) each is drawn proportionally shorter.
 */
export function segments(memory: Memory, processes: readonly AgentProcess[]): Segment[] {
	const owners = [...memory.owners].filter((o) => o.bytes > 0).sort((a, b) => compare(a, b));
	const claimed = owners.reduce((sum, o) => sum + o.bytes, 0);
	const spare = memory.usedBytes - claimed;
	if (spare > memory.usedBytes * 0.01) {
		owners.push({ owner: "unclaimed", kind: "other", label: "Not attributed to anyone", bytes: spare });
	}
	const scale = claimed > memory.usedBytes ? memory.usedBytes / claimed : 1;
	let left = 0;
	return owners.map((owner) => {
		const width = percent(owner.bytes * scale, memory);
		const segment = { ...owner, left, width, process: processOf(owner, processes) };
		left += width;
		return segment;
	});
}

/** The bands of the tiers; their borders are the warning and the panic line. */
export function bands(memory: Memory): Band[] {
	const warning = percent(memory.warningBytes, memory);
	const panic = percent(memory.panicBytes, memory);
	return [
		{ tier: "premium", left: 0, width: warning },
		{ tier: "standard", left: warning, width: panic - warning },
		{ tier: "essential", left: panic, width: 100 - panic },
	];
}

/** What the whole bar stands for. The factor makes 512 MB of the usual budget, 400. */
export function barBytes({ hardLimitBytes, budgetBytes, usedBytes }: Memory): number {
	return Math.min(hardLimitBytes, Math.max(budgetBytes * 1.28, usedBytes));
}

/** Bytes as percent of the bar, at most 100. */
export function percent(bytes: number, memory: Memory): number {
	const whole = barBytes(memory);
	return whole > 0 ? Math.min(100, (bytes / whole) * 100) : 0;
}

/** The process an owner is, or belongs to. */
function processOf(owner: MemoryOwner, processes: readonly AgentProcess[]): AgentProcess | undefined {
	if (owner.kind !== "process" && owner.kind !== "tool") return undefined;
	const byName = processes.find(({ id }) => [`${id}`, `process/${id}`].includes(owner.owner));
	return byName ?? processes.find(({ session }) => session !== "" && session === owner.session);
}

function compare(a: MemoryOwner, b: MemoryOwner): number {
	const group = (o: MemoryOwner) => (rank[o.kind] === 1 ? (o.session ?? o.owner) : "");
	return (
		rank[a.kind] - rank[b.kind] ||
		group(a).localeCompare(group(b)) ||
		Number(a.kind === "tool") - Number(b.kind === "tool") ||
		a.owner.localeCompare(b.owner)
	);
}
