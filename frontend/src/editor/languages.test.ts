import { expect, test } from "vitest";
import { languageOf } from "./languages";

test.each([
	["src/a.ts", "TypeScript"],
	["A.TSX", "TypeScript JSX"],
	["deploy/Dockerfile", "Dockerfile"],
	["x.dockerfile", "Dockerfile"],
	[".env", "Properties"],
	["Makefile", undefined],
	["notes", undefined],
	["dir.ts/readme", undefined],
])("%s is %s", (path, name) => {
	expect(languageOf(path)?.name).toBe(name);
});

const kinds =
	"a.js a.jsx a.ts a.tsx a.json a.html a.css a.md a.py a.go a.rs a.java a.cpp a.php a.sql a.yaml a.xml a.vue a.svelte a.sh a.toml Dockerfile a.rb a.ini";

test.each(kinds.split(" "))("the language of %s can be loaded and reads a text", async (path) => {
	const support = await languageOf(path)!.load();
	expect(support.language.parser.parse("x = 1\n").length).toBe(6);
});
