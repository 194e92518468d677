// Chromium for the tests of the page.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

/** Milliseconds after which a test stops waiting. Generous: a busy machine is no reason to fail. */
export const deadMan = 60_000;

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

export function launch() {
	// Chromium's sandbox does not work for root, which is who tests in a container.
	const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
	return chromium.launch({ executablePath: find(), args, timeout: deadMan });
}

function find() {
	const folders = (process.env.PATH ?? "").split(delimiter);
	const places = process.env.CHROMIUM
		? [process.env.CHROMIUM]
		: names.flatMap((name) => folders.map((folder) => join(folder, name)));
	const found = places.find(canRun);
	if (found) return found;
	throw new Error(
		process.env.CHROMIUM
			? `There is no program at ${process.env.CHROMIUM}, which CHROMIUM names.`
			: "These tests need Chromium: install it (`.ci/browser` does on Debian), or set CHROMIUM to its path.",
	);
}

function canRun(path) {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
