// What is open on the page itself: panels, dialogs, messages to the reader.
import { ApiError } from "../api/client";
import type { Session } from "../api/wire";

export type DialogName =
	/** In a workspace that is to be made, or that could not be cloned; else the one of the latest session is offered. */
	| { is: "new-session"; make?: "empty" | "git"; again?: string }
	| { is: "rename"; what: string; title: string; rename: (title: string) => unknown }
	| { is: "summary"; session: Session }
	| { is: "import" }
	| { is: "apply"; workspace: string; info: string; code: string }
	| { is: "confirm"; question: Question }
	| { is: "settings" }
	| { is: "palette" }
	| { is: "permissions" }
	| { is: "shortcuts" };

export interface Question {
	title: string;
	text: string;
	action: string;
	run: () => Promise<unknown>;
	/** The better of two things that can be done. */
	rather?: { action: string; run: () => Promise<unknown> };
}

export interface Toast {
	id: number;
	text: string;
	/** Nothing went wrong; it is only told. */
	calm: boolean;
	/** What can be done about it. */
	action?: { label: string; run: () => void };
}

class Ui {
	dialog = $state.raw<DialogName>();
	toasts = $state.raw<Toast[]>([]);
	/** Read out by screen readers; `urgent` interrupts. */
	spoken = $state("");
	urgent = $state("");
	private toastId = 0;

	confirm(question: Question): void {
		this.dialog = { is: "confirm", question };
	}

	/** Says that something did not work. */
	toast(text: string): void {
		this.show({ text, calm: false });
	}

	/** Says something that is good to know, and what can be done about it. The result is for `dismiss`. */
	tell(text: string, action?: Toast["action"]): number {
		return this.show({ text, calm: true, action });
	}

	dismiss(id: number): void {
		this.toasts = this.toasts.filter((toast) => toast.id !== id);
	}

	/** Leaves nothing on the page of what was said to somebody who has gone. */
	forget(): void {
		this.dialog = undefined;
		this.toasts = [];
		this.spoken = this.urgent = "";
	}

	private show(toast: Omit<Toast, "id">): number {
		const id = ++this.toastId;
		this.toasts = [...this.toasts, { id, ...toast }].slice(-5);
		setTimeout(() => this.dismiss(id), 8000);
		return id;
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
