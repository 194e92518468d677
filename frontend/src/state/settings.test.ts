import { expect, test } from "vitest";
import { defaults, fontSize, readSettings } from "./settings";

test("settings come back from what was kept", () => {
	const mine = {
		...defaults,
		terminalFontSize: 16,
		autosave: true,
		notify: { ...defaults.notify, turn: true },
	};
	expect(readSettings(JSON.parse(JSON.stringify(mine)))).toEqual(mine);
});

test.each([[undefined], [[]], [{ autosave: "yes", notify: 3, editorFontSize: "big", bell: null }]])(
	"kept nonsense (%j) gives the defaults",
	(kept) => {
		expect(readSettings(kept)).toEqual(defaults);
	},
);

test("text is never too small or too large to be read", () => {
	expect([fontSize(2, 13), fontSize(99, 13), fontSize(14.4, 13), fontSize(Number.NaN, 13)]).toEqual([
		9, 24, 14, 13,
	]);
});
