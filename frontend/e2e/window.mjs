// The desktop program with its development server (wails dev), driven in Chromium: the start page with the real
// bindings, and what the window opens, seen in the engine's page. desktop/e2e starts it and says where things are.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { deadMan, launch } from "../tests/browser.mjs";

const { DEV_SERVER, CODER1_TOKEN, PROGRAM, FOLDER, RECORDING, DAMAGED } = process.env;

/** Starts the program once more, which hands a path to the first. */
const again = (path) => promisify(execFile)(PROGRAM, [path]);

const browser = await launch();
const page = await (await browser.newContext()).newPage();
const problems = [];
page.on("pageerror", (error) => problems.push(String(error)));

const now = () => page.evaluate(() => window.go.main.App.Now());

/** Waits until the start page's app says what is wanted. */
async function until(what, so) {
	for (const end = Date.now() + deadMan; !so(await now()); await page.waitForTimeout(100))
		assert.ok(Date.now() < end, `waited in vain: ${what}`);
}

async function startPage() {
	await page.goto(DEV_SERVER);
	await page.getByText("The engine is running.").waitFor();
}

const steps = {
	async "the start page knows the engine, its limits and its log"() {
		await startPage();
		assert.equal(
			await page.getByRole("radio", { checked: true }).innerText(),
			"Starter: 512 MB (Render's $7 instance)",
		);
		await page.getByText("The engine's log").click();
		await page.locator("#log").getByText("engine opened").waitFor();
	},

	async "a limit of one's own restarts the engine under it"() {
		await page.getByLabel("A limit of your own, in MB").fill("100");
		assert.equal(await page.locator("#megabytes").evaluate((input) => input.checkValidity()), false);
		await page.getByLabel("A limit of your own, in MB").fill("300");
		const before = (await now()).login;
		await page.getByRole("button", { name: "Restart with it" }).click();
		await until("another engine runs", ({ phase, login }) => phase === "running" && login !== before);
		const { url, plan } = await now();
		assert.equal(plan.memoryMB, 300);
		const health = await (await fetch(`${url}/api/health`)).json();
		assert.equal(health.memory.hardLimit, 300);
	},

	async "an address that is none is told"() {
		await page.getByLabel("Address").fill("http://coder1.example");
		await page.getByLabel("Token").fill("x");
		await page.getByRole("button", { name: "Connect" }).click();
		await page.getByRole("alert").getByText("the address must begin with https://").waitFor();
	},

	async "a damaged recording says so on the start page"() {
		await again(DAMAGED);
		await until("there is a problem", ({ problem }) => problem !== "");
		await page.goto(DEV_SERVER);
		await page.getByRole("alert").getByText(`${DAMAGED} is no flight recording that can be read`).waitFor();
	},

	async "a recording is shown, and leads back"() {
		await page.goto("about:blank"); // the window's own start page is to lead to it
		await again(RECORDING);
		await page.goto(`${DEV_SERVER}/recording.html`);
		const report = page.frameLocator("iframe");
		for (
			let tries = 0;
			(await report.getByRole("heading", { name: "Flight recording" }).count()) === 0;
			tries++
		) {
			assert.ok(tries < 100, "the recording is not shown");
			await page.waitForTimeout(200);
			await page.reload();
		}
		await report.getByRole("heading", { name: "As it was", exact: true }).waitFor();
		assert.ok((await report.locator("svg path").count()) > 3);
		await page.getByRole("link", { name: "Back to Coder1" }).click();
		await page.getByText("The engine is running.").waitFor();
	},

	async "a folder is opened in place, and the demo agent works in it"() {
		const { url } = await now();
		await page.goto(`${url}/#login=${CODER1_TOKEN}`);
		await page.getByTestId("first-run").waitFor();
		await again(FOLDER);
		await page.getByRole("button", { name: /in “bread”/ }).click();
		await page.getByTestId("prompt-input").fill("say 7 words");
		await page.keyboard.press("Enter");
		await page.getByTestId("message").first().waitFor();
		await page.getByTestId("window-memory").getByText("(not counted)").waitFor();
	},
};

try {
	for (const [name, step] of Object.entries(steps)) {
		await step().catch((error) => {
			throw new Error(`${name}: ${error.message}`, { cause: error });
		});
	}
	assert.deepEqual(problems, []);
} finally {
	await browser.close();
}
