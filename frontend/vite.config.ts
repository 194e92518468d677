import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const server = "http://127.0.0.1:10000";

// public/.gitkeep is copied into dist with the rest, so that a clean checkout keeps its empty folder.
export default defineConfig({
	plugins: [svelte()],
	build: {
		target: "es2023",
		// The first versions with light-dark(), which the colours are made with.
		cssTarget: ["chrome123", "firefox120", "safari17.5"],
		// Nothing is inlined: the server's content security policy allows files of its own only.
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
	},
	server: {
		proxy: { "/api": { target: server, ws: true } },
	},
	test: {
		// Waiting ends when what is waited for is there; the limits are for what never comes.
		// A browser on a machine that is short of time may stall; what fails twice is wrong.
		retry: 1,
		testTimeout: 180_000,
		hookTimeout: 180_000,
		expect: { poll: { timeout: 60_000 } },
		projects: [
			{ extends: true, test: { name: "parts", include: ["src/**/*.test.{ts,mjs}"] } },
			{
				extends: true,
				test: { name: "page", include: ["tests/page/*.test.mjs"], globalSetup: "tests/build.mjs" },
			},
			{
				extends: true,
				test: {
					name: "e2e",
					include: ["e2e/*.test.mjs"],
					globalSetup: "e2e/setup.mjs",
					fileParallelism: false,
				},
			},
		],
	},
});
