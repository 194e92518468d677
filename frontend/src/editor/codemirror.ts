// The editor itself, loaded with the first file that is opened.
import {
	autocompletion,
	closeBrackets,
	closeBracketsKeymap,
	completeAnyWord,
	completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
	bracketMatching,
	foldGutter,
	foldKeymap,
	indentOnInput,
	indentUnit,
	type LanguageSupport,
} from "@codemirror/language";
import { diff } from "@codemirror/merge";
import { gotoLine, highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import {
	Annotation,
	type ChangeSpec,
	Compartment,
	EditorSelection,
	EditorState,
	type Extension,
	StateEffect,
	StateField,
	type Text,
	Transaction,
} from "@codemirror/state";
import {
	crosshairCursor,
	Decoration,
	type DecorationSet,
	drawSelection,
	dropCursor,
	EditorView,
	highlightActiveLine,
	highlightActiveLineGutter,
	highlightSpecialChars,
	keymap,
	lineNumbers,
	rectangularSelection,
} from "@codemirror/view";
import type { Buffer, OpenDocument } from "./document.svelte";
import { indentOf } from "./indent";
import { theme } from "./theme";
import "./code.css";

/** What the line below an editor says of it. */
export interface Caret {
	line: number;
	column: number;
	/** Letters that are selected. */
	selected: number;
}

export interface Options {
	document: OpenDocument;
	wrap: boolean;
	/** Already loaded, or undefined for plain text. */
	language: LanguageSupport | undefined;
	caret: (caret: Caret) => void;
}

/** A change that came from another editor of the same text, or from disk. */
const foreign = Annotation.define<boolean>();
const freshLines = StateEffect.define<readonly { from: number; to: number }[]>();

/** Marks the lines that changed on disk, for as long as the colour takes to fade. */
const fresh = StateField.define<DecorationSet>({
	create: () => Decoration.none,
	update(marks, transaction) {
		let now = marks.map(transaction.changes);
		for (const effect of transaction.effects)
			if (effect.is(freshLines)) now = lineMarks(transaction.state, effect.value);
		return now;
	},
	provide: (field) => EditorView.decorations.from(field),
});

function lineMarks(state: EditorState, ranges: readonly { from: number; to: number }[]): DecorationSet {
	const line = Decoration.line({ class: "cm-fresh" });
	const starts = new Set<number>();
	for (const { from, to } of ranges)
		for (let at = from; at <= to && starts.size < 500; ) {
			const { from: start, to: end } = state.doc.lineAt(at);
			starts.add(start);
			at = end + 1;
		}
	return Decoration.set([...starts].sort((a, b) => a - b).map((start) => line.range(start)));
}

const wrapping = new Compartment();

/** The text of a document in editors: one state that all of them show. */
class EditorBuffer implements Buffer {
	readonly views = new Set<EditorView>();
	private readonly document: OpenDocument;
	private state: EditorState;
	private savedText: Text;

	constructor(document: OpenDocument, extensions: Extension) {
		this.document = document;
		// A text with both kinds of line ends keeps its carriage returns as letters.
		const ends = document.form.ends === "mixed" ? EditorState.lineSeparator.of("\n") : [];
		this.state = EditorState.create({ doc: document.buffer.text(), extensions: [extensions, ends] });
		this.savedText = this.state.toText(document.base);
	}

	get current(): EditorState {
		return [...this.views].at(-1)?.state ?? this.state;
	}

	text(): string {
		return this.current.doc.sliceString(0, undefined, "\n");
	}

	saved(text: string): void {
		const { doc } = this.current;
		const now = this.current.toText(text);
		this.savedText = now.eq(doc) ? doc : now;
	}

	/** Changes only what is different, so that cursors and what is in sight stay where they are. */
	replace(text: string): void {
		const before = this.text();
		const changes = diff(before, text, { scanLimit: 500, timeout: 300 });
		const specs: ChangeSpec[] = changes.map(({ fromA, toA, fromB, toB }) => ({
			from: fromA,
			to: toA,
			insert: this.current.toText(text.slice(fromB, toB)),
		}));
		const ranges = changes.map(({ fromB, toB }) => ({ from: fromB, to: Math.max(fromB, toB - 1) }));
		const spec = { changes: specs, effects: freshLines.of(ranges), annotations: foreign.of(true) };
		if (this.views.size === 0) this.state = this.state.update(spec).state;
		for (const view of this.views) view.dispatch(spec);
	}

	attach(parent: HTMLElement, wrap: boolean): EditorView {
		const state = this.current;
		const view = new EditorView({ state, parent });
		view.dispatch({ effects: wrapping.reconfigure(wrap ? EditorView.lineWrapping : []) });
		this.views.add(view);
		return view;
	}

	detach(view: EditorView): void {
		this.state = view.state;
		this.views.delete(view);
		view.destroy();
	}

	/** Tells the other editors and the document of what was typed. */
	changed(view: EditorView, transactions: readonly Transaction[]): void {
		for (const transaction of transactions) {
			if (!transaction.docChanged || transaction.annotation(foreign)) continue;
			const spec = {
				changes: transaction.changes,
				annotations: [foreign.of(true), Transaction.addToHistory.of(false)],
			};
			for (const other of this.views) if (other !== view) other.dispatch(spec);
			this.document.edited(!view.state.doc.eq(this.savedText));
		}
	}
}

/** Puts an editor of a document into an element; the result takes it out again. */
export function edit(parent: HTMLElement, options: Options) {
	const { document } = options;
	const buffer =
		document.buffer instanceof EditorBuffer ? document.buffer : new EditorBuffer(document, setUp(options));
	document.buffer = buffer;
	const view = buffer.attach(parent, options.wrap);
	carets.set(view, options.caret);
	options.caret(caretOf(view.state));
	return {
		view,
		wrap: (wrap: boolean) =>
			view.dispatch({ effects: wrapping.reconfigure(wrap ? EditorView.lineWrapping : []) }),
		goTo: (line: number) => goTo(view, line),
		askForLine: () => gotoLine(view),
		focus: () => view.focus(),
		leave: () => buffer.detach(view),
	};
}

export type Editor = ReturnType<typeof edit>;

const carets = new WeakMap<EditorView, (caret: Caret) => void>();

function setUp({ document, language }: Options): Extension {
	const text = document.buffer.text();
	return [
		lineNumbers(),
		foldGutter(),
		highlightActiveLineGutter(),
		highlightSpecialChars(),
		history(),
		drawSelection(),
		dropCursor(),
		EditorState.allowMultipleSelections.of(true),
		EditorState.readOnly.of(document.readOnly),
		EditorView.contentAttributes.of({
			"aria-label": `Text of ${document.path}`,
			spellcheck: "false",
			tabindex: "0",
		}),
		indentUnit.of(indentOf(text)),
		indentOnInput(),
		bracketMatching(),
		closeBrackets(),
		autocompletion({ activateOnTyping: false }),
		EditorState.languageData.of(() => [{ autocomplete: completeAnyWord }]),
		rectangularSelection(),
		crosshairCursor(),
		highlightActiveLine(),
		highlightSelectionMatches(),
		search({ top: true }),
		fresh,
		keymap.of([
			{ key: "Mod-s", preventDefault: true, run: () => save(document) },
			{ key: "Ctrl-g", run: gotoLine },
			...closeBracketsKeymap,
			...defaultKeymap,
			...searchKeymap,
			...historyKeymap,
			...foldKeymap,
			...completionKeymap,
			indentWithTab,
		]),
		language ?? [],
		theme,
		wrapping.of([]),
		EditorView.updateListener.of((update) => {
			if (update.docChanged && document.buffer instanceof EditorBuffer)
				document.buffer.changed(update.view, update.transactions);
			if (update.docChanged || update.selectionSet) carets.get(update.view)?.(caretOf(update.state));
		}),
	];
}

function save(document: OpenDocument): true {
	void document.save();
	return true;
}

function caretOf(state: EditorState): Caret {
	const { head, from, to } = state.selection.main;
	const line = state.doc.lineAt(head);
	return { line: line.number, column: head - line.from + 1, selected: to - from };
}

function goTo(view: EditorView, number: number): void {
	const { doc } = view.state;
	const line = doc.line(Math.min(Math.max(number, 1), doc.lines));
	view.dispatch({
		selection: EditorSelection.cursor(line.from),
		effects: [
			EditorView.scrollIntoView(line.from, { y: "center" }),
			freshLines.of([{ from: line.from, to: line.from }]),
		],
	});
}
