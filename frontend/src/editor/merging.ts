// Two texts side by side, or one with the changes in it where there is no room. Loaded with the first conflict.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import type { LanguageSupport } from "@codemirror/language";
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { merge } from "./merge";
import { theme } from "./theme";
import "./code.css";

export interface Sides {
	base: string;
	mine: string;
	disk: string;
	language: LanguageSupport | undefined;
	inline: boolean;
}

export interface Merging {
	/** Places that both changed. */
	clashes: number;
	/** The result as it stands. */
	text(): string;
	leave(): void;
}

export function beginMerge(parent: HTMLElement, { base, mine, disk, language, inline }: Sides): Merging {
	const { text, clashes } = merge(base, mine, disk);
	const common = [
		lineNumbers(),
		highlightSpecialChars(),
		keymap.of([...defaultKeymap, ...historyKeymap]),
		EditorView.lineWrapping,
		language ?? [],
		theme,
		EditorState.phrases.of({
			Accept: "Keep mine",
			Reject: "Take theirs",
			"Revert this chunk": "Take this from disk",
		}),
	];
	const own = [...common, history(), labelled("The result")];
	const view = inline ? oneColumn(parent, text, disk, own) : twoColumns(parent, text, disk, common, own);
	return {
		clashes,
		text: () => view.result.state.doc.sliceString(0, undefined, "\n"),
		leave: () => view.destroy(),
	};
}

function oneColumn(parent: HTMLElement, text: string, disk: string, own: Extension[]) {
	const result = new EditorView({
		parent,
		doc: text,
		extensions: [...own, unifiedMergeView({ original: disk, collapseUnchanged: { margin: 3, minSize: 6 } })],
	});
	return { result, destroy: () => result.destroy() };
}

function twoColumns(parent: HTMLElement, text: string, disk: string, common: Extension[], own: Extension[]) {
	const view = new MergeView({
		parent,
		a: {
			doc: disk,
			extensions: [...common, EditorState.readOnly.of(true), labelled("On disk")],
		},
		b: { doc: text, extensions: own },
		revertControls: "a-to-b",
		collapseUnchanged: { margin: 3, minSize: 6 },
	});
	return { result: view.b, destroy: () => view.destroy() };
}

const labelled = (label: string) => EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" });
