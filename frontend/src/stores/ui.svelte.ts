// What is open on the page itself: panels, dialogs, messages to the reader.
import { ApiError } from "../api/client";
import type { Session } from "../api/wire";
import { roomy } from "./layout.svelte";
import { router } from "./route.svelte";
import { keep, recall } from "./storage";

export type DialogName =
	| { is: "new-session"; workspace?: string }
	| { is: "rename"; session: Session }
	| { is: "summary"; session: Session }
	| { is: "import" }
	| { is: "confirm"; question: Question }
	| { is: "palette" }
	| { is: "permissions" }
	| { is: "shortcuts" };

export interface Question {
	title: string;
	text: string;
	action: string;
	run: () => Promise<unknown>;
}

export interface Toast {
	id: number;
	text: string;
}

class Ui {
	dialog = $state.raw<DialogName>();
	/** The panel on the right, where there is room for it. */
	activity = $state(recall("activity") !== "closed");
	/** The list on the left, where it covers the rest. */
	drawer = $state(false);
	toasts = $state.raw<Toast[]>([]);
	/** Read out by screen readers; `urgent` interrupts. */
	spoken = $state("");
	urgent = $state("");
	private toastId = 0;

	/** Opens or closes what is happening: beside the pane where there is room, else in its place. */
	showActivity(): void {
		if (router.route.at === "activity")
			return history.length > 1 ? history.back() : router.go({ at: "home" });
		if (!roomy.current) return router.go({ at: "activity" });
		this.activity = !this.activity;
		keep("activity", this.activity ? "" : "closed");
	}

	confirm(question: Question): void {
		this.dialog = { is: "confirm", question };
	}

	toast(text: string): void {
		const id = ++this.toastId;
		this.toasts = [...this.toasts, { id, text }];
		setTimeout(() => this.dismiss(id), 8000);
	}

	dismiss(id: number): void {
		this.toasts = this.toasts.filter((toast) => toast.id !== id);
	}

	/** Runs something that may fail; the failure is shown, and the result is undefined. */
	async attempt<T>(what: Promise<T>): Promise<T | undefined> {
		try {
			return await what;
		} catch (e) {
			this.toast(e instanceof ApiError ? e.message : "Something went wrong on this page.");
			return undefined;
		}
	}
}

export const ui = new Ui();
