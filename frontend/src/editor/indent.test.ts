import { expect, test } from "vitest";
import { indentOf } from "./indent";

test.each([
	["a {\n\tb\n\t\tc\n}", "\t"],
	["a:\n    b:\n        c\n    d", "    "],
	["a\n  b\n    c\n  d\n    e", "  "],
	["/*\n * a\n */\nb\n    c\n        d\n    e\nf\n    g", "    "],
	["a\nb\n", "  "],
	["", "  "],
])("%j is indented by %j", (text, indent) => {
	expect(indentOf(text)).toBe(indent);
});
