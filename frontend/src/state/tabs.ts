// The open documents: tabs in groups. The editor area and the panel below it can each be split in two.
// A document is a key (see keyOf) and is open once. Everything here takes tabs and gives other tabs.

export const groupIds = ["main", "side", "panel", "panelSide"] as const;
export type GroupId = (typeof groupIds)[number];
export type Area = "editor" | "panel";

export interface Group {
	/** In the order shown. */
	readonly tabs: readonly string[];
	/** The same, the latest used first; the first one is what is seen. */
	readonly recent: readonly string[];
}

export interface Tabs {
	readonly groups: Readonly<Record<GroupId, Group>>;
	/** The group that the keyboard and the address bar speak of. */
	readonly focused: GroupId;
}

/** More tabs in one group than these, and the one not looked at for longest is closed for each new one. */
export const most = 24;

const nothing: Group = { tabs: [], recent: [] };
export const noTabs: Tabs = {
	groups: { main: nothing, side: nothing, panel: nothing, panelSide: nothing },
	focused: "main",
};

export function areaOf(group: GroupId): Area {
	return group === "main" || group === "side" ? "editor" : "panel";
}

/** The other half of the same area. */
export function partnerOf(group: GroupId): GroupId {
	return ({ main: "side", side: "main", panel: "panelSide", panelSide: "panel" } as const)[group];
}

/** The document that a group shows. */
export function activeOf({ groups }: Tabs, group: GroupId): string | undefined {
	return groups[group].recent[0];
}

export function groupOf({ groups }: Tabs, key: string): GroupId | undefined {
	return groupIds.find((id) => groups[id].tabs.includes(key));
}

/**
 * Shows a document: where it is open, else in a new tab after the one that is shown in its area. `holds` tells
 * which tabs must not be closed to make room.
 */
export function open(
	tabs: Tabs,
	key: string,
	area: Area,
	holds: (key: string) => boolean = () => false,
): Tabs {
	const there = groupOf(tabs, key);
	if (there) return activate(tabs, key);
	const group = areaOf(tabs.focused) === area ? tabs.focused : area === "editor" ? "main" : "panel";
	const { tabs: list, recent } = tabs.groups[group];
	const at = recent[0] === undefined ? list.length : list.indexOf(recent[0]) + 1;
	const next = set(tabs, group, { tabs: list.toSpliced(at, 0, key), recent: [key, ...recent] });
	return { ...trim(next, group, holds), focused: group };
}

export function activate(tabs: Tabs, key: string): Tabs {
	const group = groupOf(tabs, key);
	if (!group) return tabs;
	const { tabs: list, recent } = tabs.groups[group];
	return { ...set(tabs, group, { tabs: list, recent: [key, ...without(recent, key)] }), focused: group };
}

/** Closes a document; the one used before it is shown. */
export function close(tabs: Tabs, key: string): Tabs {
	return settle(remove(tabs, key));
}

/** Closes all others of the same group. */
export function closeOthers(tabs: Tabs, key: string): Tabs {
	const group = groupOf(tabs, key);
	if (!group) return tabs;
	const others = without(tabs.groups[group].tabs, key);
	return others.reduce(close, activate(tabs, key));
}

/** Puts a document into a group, before the tab that is now at `index`, and shows it there. */
export function move(tabs: Tabs, key: string, to: GroupId, index: number): Tabs {
	const from = groupOf(tabs, key);
	if (!from) return tabs;
	const before = tabs.groups[from].tabs.indexOf(key);
	const at = from === to && before < index ? index - 1 : index;
	const rest = remove(tabs, key);
	const { tabs: list, recent } = rest.groups[to];
	const put = set(rest, to, { tabs: list.toSpliced(at, 0, key), recent: [key, ...recent] });
	return settle({ ...put, focused: to }, key);
}

/** Moves a document into the other half of its area; alone in it, it stays. */
export function split(tabs: Tabs, key: string): Tabs {
	const group = groupOf(tabs, key);
	if (!group) return tabs;
	const other = partnerOf(group);
	return move(tabs, key, other, tabs.groups[other].tabs.length);
}

/** Moves a document `by` places among the tabs of its group. */
export function shift(tabs: Tabs, key: string, by: 1 | -1): Tabs {
	const group = groupOf(tabs, key);
	if (!group) return tabs;
	const at = tabs.groups[group].tabs.indexOf(key) + by;
	if (at < 0 || at >= tabs.groups[group].tabs.length) return tabs;
	return move(tabs, key, group, by > 0 ? at + 1 : at);
}

/** The document `by` tabs away in the focused group, wrapping round. */
export function step(tabs: Tabs, by: 1 | -1): string | undefined {
	const list = tabs.groups[tabs.focused].tabs;
	const active = activeOf(tabs, tabs.focused);
	if (active === undefined) return undefined;
	return list[(list.indexOf(active) + by + list.length) % list.length];
}

/** Gives the focus to a group that has something in it. */
export function focus(tabs: Tabs, group: GroupId): Tabs {
	return tabs.focused === group || tabs.groups[group].tabs.length === 0 ? tabs : { ...tabs, focused: group };
}

/** Puts another document in the place of one. */
export function replace(tabs: Tabs, key: string, by: string): Tabs {
	const group = groupOf(tabs, key);
	if (!group) return tabs;
	const there = groupOf(tabs, by);
	if (there) return activate(close(tabs, key), by);
	const swap = (list: readonly string[]) => list.map((k) => (k === key ? by : k));
	const { tabs: list, recent } = tabs.groups[group];
	return set(tabs, group, { tabs: swap(list), recent: swap(recent) });
}

/** Tabs as they were kept; whatever is not understood is left out. `known` tells which keys are documents. */
export function readTabs(kept: unknown, known: (key: string) => boolean): Tabs {
	const { groups, focused } = fields(kept);
	const seen = new Set<string>();
	const read = (id: GroupId): Group => {
		const group = fields(fields(groups)[id]);
		const list = strings(group.tabs).filter((key) => known(key) && !seen.has(key) && seen.add(key));
		const recent = strings(group.recent).filter((key) => list.includes(key));
		return { tabs: list.slice(0, most), recent: [...new Set([...recent, ...list])].slice(0, most) };
	};
	const all = { main: read("main"), side: read("side"), panel: read("panel"), panelSide: read("panelSide") };
	return settle({ groups: all, focused: groupIds.find((id) => id === focused) ?? "main" });
}

/** No area has an empty first half beside a full second one, and the focus is where something is. */
function settle(tabs: Tabs, key?: string): Tabs {
	const { main, side, panel, panelSide } = tabs.groups;
	const [a, b] = main.tabs.length > 0 ? [main, side] : [side, main];
	const [c, d] = panel.tabs.length > 0 ? [panel, panelSide] : [panelSide, panel];
	const groups = { main: a, side: b, panel: c, panelSide: d };
	const settled = { ...tabs, groups };
	const wanted = (key && groupOf(settled, key)) || tabs.focused;
	const first = areaOf(wanted) === "editor" ? "main" : "panel";
	const focused = [wanted, first, "main", "panel"] as const;
	return { groups, focused: focused.find((id) => groups[id].tabs.length > 0) ?? "main" };
}

function trim(tabs: Tabs, group: GroupId, holds: (key: string) => boolean): Tabs {
	const { tabs: list, recent } = tabs.groups[group];
	if (list.length <= most) return tabs;
	const oldest = recent.slice(1).findLast((key) => !holds(key));
	return oldest === undefined ? tabs : remove(tabs, oldest);
}

function remove(tabs: Tabs, key: string): Tabs {
	const group = groupOf(tabs, key);
	if (!group) return tabs;
	const { tabs: list, recent } = tabs.groups[group];
	return set(tabs, group, { tabs: without(list, key), recent: without(recent, key) });
}

function set(tabs: Tabs, id: GroupId, group: Group): Tabs {
	return { ...tabs, groups: { ...tabs.groups, [id]: group } };
}

function without(list: readonly string[], key: string): string[] {
	return list.filter((k) => k !== key);
}

function fields(value: unknown): Record<string, unknown> {
	return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function strings(value: unknown): string[] {
	return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
