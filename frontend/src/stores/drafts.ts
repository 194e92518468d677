// What is being written, kept for each session until it is sent.
import { keep, recall } from "./storage";

export function draftOf(session: string): string {
	return recall(`draft.${session}`) ?? "";
}

export function keepDraft(session: string, text: string): void {
	keep(`draft.${session}`, text);
}
