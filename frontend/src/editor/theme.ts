// How an editor looks, in the page's own colours, which are light or dark by themselves.
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags as t } from "@lezer/highlight";

const look = EditorView.theme({
	"&": {
		height: "100%",
		color: "var(--text)",
		backgroundColor: "var(--bg)",
		fontSize: "var(--code-size, 13px)",
	},
	"&.cm-focused": { outline: "none" },
	".cm-scroller": { fontFamily: "var(--mono)", fontVariantLigatures: "none", lineHeight: "1.55" },
	".cm-content": { caretColor: "var(--accent)", paddingBottom: "30vh" },
	".cm-cursor, .cm-dropCursor": { borderLeft: "2px solid var(--accent)" },
	".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
		background: "color-mix(in srgb, var(--accent) 26%, transparent)",
	},
	".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--hover) 55%, transparent)" },
	".cm-gutters": { border: "none", color: "var(--text-3)", backgroundColor: "var(--bg)" },
	".cm-lineNumbers .cm-gutterElement": { minWidth: "3.2em", padding: "0 6px 0 10px" },
	".cm-activeLineGutter": { color: "var(--text)", backgroundColor: "transparent" },
	".cm-foldGutter .cm-gutterElement": { cursor: "pointer", padding: "0 4px 0 0" },
	".cm-foldPlaceholder": {
		padding: "0 6px",
		border: "1px solid var(--line)",
		color: "var(--text-2)",
		backgroundColor: "var(--panel)",
	},
	".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
		outline: "1px solid var(--field-line)",
		backgroundColor: "transparent",
	},
	".cm-nonmatchingBracket, &.cm-focused .cm-nonmatchingBracket": {
		outline: "1px solid var(--danger)",
		backgroundColor: "transparent",
	},
	".cm-selectionMatch": { backgroundColor: "color-mix(in srgb, var(--accent) 16%, transparent)" },
	".cm-searchMatch": { backgroundColor: "var(--mark)", outline: "1px solid var(--warn-line)" },
	".cm-searchMatch-selected": { backgroundColor: "var(--mark-strong)" },
	".cm-specialChar": { color: "var(--danger)" },
	".cm-panels": { color: "var(--text)", backgroundColor: "var(--panel)" },
	".cm-panels-top, .cm-panels-bottom": { borderColor: "var(--line)" },
	".cm-panel.cm-search, .cm-panel.cm-dialog": { padding: "8px 32px 8px 12px", fontFamily: "var(--ui)" },
	".cm-panel.cm-search label": {
		display: "inline-flex",
		alignItems: "center",
		gap: "4px",
		fontSize: "13px",
		color: "var(--text-2)",
	},
	".cm-panel .cm-button::first-letter, .cm-panel label::first-letter": { textTransform: "uppercase" },
	".cm-panel.cm-search [name=close], .cm-panel.cm-dialog .cm-dialog-close": {
		top: "8px",
		right: "10px",
		fontSize: "18px",
		color: "var(--text-2)",
		cursor: "pointer",
	},
	".cm-textfield": {
		minHeight: "28px",
		padding: "2px 8px",
		border: "1px solid var(--field-line)",
		borderRadius: "var(--radius-s)",
		fontSize: "13px",
		color: "var(--text)",
		backgroundColor: "var(--raised)",
	},
	".cm-button": {
		minHeight: "28px",
		padding: "0 10px",
		border: "1px solid var(--field-line)",
		borderRadius: "var(--radius-s)",
		fontSize: "13px",
		color: "var(--text)",
		backgroundImage: "none",
		backgroundColor: "var(--raised)",
	},
	".cm-button:hover, .cm-button:active": { backgroundImage: "none", backgroundColor: "var(--hover)" },
	".cm-tooltip": {
		border: "1px solid var(--line)",
		borderRadius: "var(--radius-s)",
		color: "var(--text)",
		backgroundColor: "var(--raised)",
		boxShadow: "var(--shadow)",
	},
	".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px" },
	".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
		color: "var(--text)",
		backgroundColor: "var(--accent-soft)",
	},
	".cm-fresh": { animation: "cm-fresh 2.4s ease-out" },
	".cm-changedLine, .cm-insertedLine": { backgroundColor: "var(--added-soft) !important" },
	".cm-deletedChunk": { backgroundColor: "var(--danger-soft) !important" },
	"&.cm-merge-a .cm-changedLine": { backgroundColor: "var(--danger-soft) !important" },
	// A line below rather than much colour behind: the text must stay readable.
	"&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText": {
		background: "color-mix(in srgb, var(--danger) 9%, transparent) !important",
		borderBottom: "2px solid var(--danger)",
	},
	"&.cm-merge-b .cm-changedText": {
		background: "color-mix(in srgb, var(--accent) 9%, transparent) !important",
		borderBottom: "2px solid var(--accent)",
	},
	".cm-changeGutter": { width: "3px", paddingLeft: "0" },
	"&.cm-merge-b .cm-changedLineGutter": { background: "var(--accent)" },
	"&.cm-merge-a .cm-changedLineGutter, .cm-deletedLineGutter": { background: "var(--danger)" },
	".cm-collapsedLines": {
		color: "var(--text-2)",
		background: "var(--panel)",
		fontFamily: "var(--ui)",
		fontSize: "12.5px",
		"&:before, &:after": { content: "'⋯'" },
	},
	".cm-chunkButtons button": {
		margin: "2px",
		padding: "0 8px !important",
		border: "1px solid var(--field-line) !important",
		borderRadius: "var(--radius-s) !important",
		color: "var(--text) !important",
		background: "var(--raised) !important",
		font: "500 12px / 1.8 var(--ui)",
	},
});

const colours = HighlightStyle.define([
	{ tag: [t.keyword, t.operatorKeyword, t.modifier, t.controlKeyword], color: "var(--code-keyword)" },
	{ tag: [t.string, t.special(t.string), t.regexp, t.character], color: "var(--code-string)" },
	{ tag: [t.number, t.bool, t.null, t.atom, t.constant(t.name)], color: "var(--code-number)" },
	{ tag: [t.comment, t.meta, t.processingInstruction], color: "var(--code-comment)", fontStyle: "italic" },
	{ tag: [t.typeName, t.className, t.namespace, t.standard(t.name)], color: "var(--code-type)" },
	{
		tag: [t.function(t.variableName), t.function(t.propertyName), t.labelName],
		color: "var(--code-function)",
	},
	{ tag: [t.definition(t.function(t.variableName))], color: "var(--code-function)", fontWeight: "600" },
	{ tag: [t.tagName, t.definition(t.propertyName)], color: "var(--code-tag)" },
	{ tag: [t.attributeName, t.propertyName], color: "var(--code-property)" },
	{ tag: [t.heading], fontWeight: "700", color: "var(--code-keyword)" },
	{ tag: t.strong, fontWeight: "700" },
	{ tag: t.emphasis, fontStyle: "italic" },
	{ tag: t.strikethrough, textDecoration: "line-through" },
	{ tag: [t.link, t.url], color: "var(--accent)" },
	{ tag: t.inserted, color: "var(--accent)" },
	{ tag: [t.deleted, t.invalid], color: "var(--danger)" },
]);

export const theme = [look, syntaxHighlighting(colours)];
