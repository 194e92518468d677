// A reader in front of the page: what he does, in the words of the tests.
import { deadMan } from "./browser.mjs";

/** The browser says this of calls that were refused or cut off, which some tests are about. */
const expected = /^(Failed to load resource|WebSocket connection to)/;

export class Reader {
	/** What went wrong inside the page. */
	errors = [];

	constructor(page) {
		this.page = page;
		page.setDefaultTimeout(deadMan);
		page.on("pageerror", (error) => this.errors.push(String(error)));
		page.on("console", (message) => {
			if (message.type() === "error" && !expected.test(message.text())) this.errors.push(message.text());
		});
	}

	/** A new window in front of an address. */
	static async at(browser, url, context = {}) {
		const window = await browser.newContext({ viewport: { width: 1300, height: 800 }, ...context });
		const reader = new Reader(await window.newPage());
		await reader.page.goto(url);
		return reader;
	}

	leave() {
		return this.page.context().close();
	}

	id(name) {
		return this.page.getByTestId(name);
	}

	/** The messages or other parts that have a text in them. */
	saying(text, name = "message") {
		return this.id(name).filter({ hasText: text });
	}

	button(name) {
		return this.page.getByRole("button", { name });
	}

	heading(name) {
		return this.page.getByRole("heading", { name, exact: true });
	}

	/** A session in the list on the left. */
	listed(title) {
		return this.id("session-item").filter({ hasText: title });
	}

	/** The tab of a document, by its name. */
	tab(name) {
		return this.page.getByRole("tab", { name });
	}

	/** Waits until a terminal is connected, the first in sight if none is given. */
	terminal(state = "live", within = "") {
		return this.page
			.locator(`${within} [data-testid=terminal][data-state=${state}]:visible`)
			.first()
			.waitFor();
	}

	/** The lines that the terminal in front of the reader shows. */
	lines(within = "") {
		return this.page.locator(`${within} .xterm-rows:visible`).first().innerText();
	}

	/** Waits until the page says that its connection is in a state. */
	connection(state = "live") {
		return this.page.locator(`[data-testid=connection][data-state=${state}]`).waitFor();
	}

	/** Goes to an address of the page, the part after the #. */
	go(address) {
		return this.page.evaluate((hash) => {
			location.hash = hash;
		}, address);
	}

	/** Opens a session, in the agent and the new workspace given, else in those that are offered. */
	async start(title, { agent, workspace } = {}) {
		const { page } = this;
		if (!(await this.id("new-session").isVisible()))
			await page.getByRole("link", { name: "Sessions" }).click();
		await this.id("new-session").click();
		if (workspace) await page.getByLabel("Name of the new workspace").fill(workspace);
		if (agent) await page.getByRole("radio", { name: agent }).click();
		await page.getByLabel("Title").fill(title);
		await this.id("create-session").click();
		await this.heading(title).waitFor();
	}

	/** Sends a prompt, and waits until it was accepted. */
	async send(text) {
		await this.id("prompt-input").fill(text);
		await this.id("prompt-input").press("Enter");
		await this.page.waitForFunction(() => document.querySelector("[data-testid=prompt-input]").value === "");
	}
}
