// Who is using the page, and what the server has for them.
import { ApiError, api, onUnauthorized } from "../api/client";
import type { Me } from "../api/wire";
import { loginLink } from "../state/route";
import { router } from "./route.svelte";

class Account {
	/** "checking" until the server has said who we are. */
	state = $state<"checking" | "out" | "in" | "unreachable">("checking");
	me = $state.raw<Me>();
	/** The server is of another version than the one this page came from. */
	updated = $state(false);
	/** Why the last login did not work. */
	problem = $state("");

	constructor() {
		onUnauthorized(() => this.leave());
	}

	/** Logs in with the one-time token of a start-up link if there is one, else with the cookie. */
	async arrive(): Promise<void> {
		const link = loginLink(location.hash);
		if (!link) return this.check();
		router.replace(link.to);
		if (!(await this.login(link.token))) await this.checkQuietly();
	}

	/** Asks the server who we are. A page that is in use stays when there is no answer. */
	async check(): Promise<void> {
		try {
			const me = await api.me();
			this.updated ||= this.me !== undefined && this.me.version !== me.version;
			this.me = me;
			this.state = "in";
		} catch (e) {
			if (e instanceof ApiError && e.status !== 401 && this.state !== "in") this.state = "unreachable";
		}
	}

	async login(token: string): Promise<boolean> {
		try {
			await api.login(token);
			this.problem = "";
		} catch (e) {
			this.problem = loginProblem(e);
			this.state = "out";
			return false;
		}
		await this.check();
		return true;
	}

	async logout(): Promise<void> {
		await api.logout().catch(() => {});
		this.leave();
	}

	/** An old start-up link is no harm to someone who is logged in. */
	private async checkQuietly(): Promise<void> {
		const problem = this.problem;
		this.problem = "";
		await this.check();
		if (this.state !== "in") this.problem = problem;
	}

	private leave(): void {
		this.me = undefined;
		this.state = "out";
	}
}

function loginProblem(e: unknown): string {
	if (!(e instanceof ApiError)) return "Something went wrong; try once more.";
	if (e.status === 401)
		return "This token does not open the door. A start-up link works once; the server prints a new one at every start.";
	if (e.status === 429) return `Too many attempts. Try again in ${e.retryAfter ?? 60} seconds.`;
	return e.message;
}

export const account = new Account();
