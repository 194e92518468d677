// Where the parts of the page are and how large. Sizes are what the reader chose; what is drawn is what of it
// fits the window.

export const views = ["sessions", "files", "search"] as const;
export type ViewName = (typeof views)[number];

export interface Layout {
	/** What the sidebar shows. */
	readonly view: ViewName;
	readonly sidebar: boolean;
	readonly panel: boolean;
	readonly activity: boolean;
	/** Widths of the sidebar and of what is happening, height of the panel, in px. */
	readonly left: number;
	readonly right: number;
	readonly bottom: number;
	/** The first half's share of the editor area and of the panel, in percent. */
	readonly split: number;
	readonly panelSplit: number;
}

export type Edge = "left" | "right" | "bottom" | "split" | "panelSplit";

export const usual: Layout = {
	view: "sessions",
	sidebar: true,
	panel: false,
	activity: true,
	left: 264,
	right: 348,
	bottom: 280,
	split: 50,
	panelSplit: 50,
};

/** Least and most of each size. */
export const bounds: Record<Edge, readonly [number, number]> = {
	left: [200, 560],
	right: [280, 640],
	bottom: [120, 1200],
	split: [20, 80],
	panelSplit: [20, 80],
};

/** What the documents keep, however large the rest was made. */
const editor = { width: 360, height: 140 };

export function resize(layout: Layout, edge: Edge, size: number): Layout {
	return { ...layout, [edge]: clamp(Math.round(size), bounds[edge]) };
}

/** The sizes as they fit a window; a part that is not shown has none. */
export function fitted(
	layout: Layout,
	width: number,
	height: number,
): Pick<Layout, "left" | "right" | "bottom"> {
	const room = Math.max(width - editor.width, 0);
	const left = layout.sidebar ? Math.min(layout.left, room) : 0;
	const right = layout.activity ? Math.min(layout.right, room - left) : 0;
	const bottom = layout.panel
		? Math.min(layout.bottom, Math.max(height - editor.height, bounds.bottom[0]))
		: 0;
	return { left, right, bottom };
}

/** A layout as it was kept; what is missing or makes no sense is as usual. */
export function readLayout(kept: unknown): Layout {
	const given = typeof kept === "object" && kept !== null ? (kept as Record<string, unknown>) : {};
	const flag = (name: "sidebar" | "panel" | "activity") => {
		const value = given[name];
		return typeof value === "boolean" ? value : usual[name];
	};
	const size = (edge: Edge) => {
		const value = given[edge];
		return typeof value === "number" && Number.isFinite(value) ? clamp(value, bounds[edge]) : usual[edge];
	};
	return {
		view: views.find((view) => view === given.view) ?? usual.view,
		sidebar: flag("sidebar"),
		panel: flag("panel"),
		activity: flag("activity"),
		left: size("left"),
		right: size("right"),
		bottom: size("bottom"),
		split: size("split"),
		panelSplit: size("panelSplit"),
	};
}

function clamp(value: number, [least, most]: readonly [number, number]): number {
	return Math.min(Math.max(value, least), most);
}
