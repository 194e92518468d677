// Markdown to HTML that is safe to put on the page. Loaded with the first answer.
import DOMPurify from "dompurify";
import { Marked, type Token, type TokensList } from "marked";

const escapes: Record<string, string> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"'": "&#39;",
};

function escapeHtml(text: string): string {
	return text.replace(/[&<>"']/g, (c) => escapes[c] ?? c);
}

const web = /^(https?:|mailto:)/i;

const marked = new Marked({
	gfm: true,
	renderer: {
		// HTML written by an agent, or by a file it read, is shown as it was written.
		html: ({ text }) => escapeHtml(text),
		// Nothing is loaded from elsewhere: a picture is a link to it.
		image: ({ href, text }) => link(href, escapeHtml(text || href)),
		link({ href, tokens }) {
			return link(href, this.parser.parseInline(tokens));
		},
		code: ({ text, lang }) => codeBlock(text, lang ?? ""),
		table(token) {
			const plain = Object.getPrototypeOf(this).table.call(this, token) as string;
			return `<div class="scroll" tabindex="0" role="group" aria-label="Table">${plain}</div>`;
		},
	},
});

function link(href: string, inner: string): string {
	if (!web.test(href)) return inner;
	return `<a href="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer">${inner}</a>`;
}

function codeBlock(text: string, info: string): string {
	const name = escapeHtml(info.split(/\s/, 1)[0] ?? "");
	return (
		`<figure class="code"><figcaption><span>${name || "text"}</span>` +
		`<button type="button" data-apply="${escapeHtml(info)}">Apply…</button>` +
		`<button type="button" data-copy>Copy</button></figcaption>` +
		`<pre tabindex="0"><code>${escapeHtml(text)}</code></pre></figure>`
	);
}

const allowed = {
	ALLOWED_TAGS: (
		"p br hr h1 h2 h3 h4 h5 h6 strong em del a ul ol li input blockquote code pre " +
		"figure figcaption span button div table thead tbody tr th td"
	).split(" "),
	ALLOWED_ATTR:
		"href target rel class type checked disabled start align data-copy data-apply tabindex role aria-label".split(
			" ",
		),
	ALLOWED_URI_REGEXP: web,
	ADD_URI_SAFE_ATTR: ["tabindex"], // it is no address, and would be measured as one
};

const done = new Map<string, string>();
const most = 2000;

/** The blocks of a text (paragraphs, lists, code) as HTML, so that only a block that grew is drawn again. */
export function renderBlocks(text: string): string[] {
	const tokens = marked.lexer(text);
	const referenced = Object.keys(tokens.links).length > 0;
	return tokens
		.filter((t) => t.type !== "space")
		.map((t) => (referenced ? render(t, tokens) : remembered(t, tokens)));
}

function remembered(token: Token, tokens: TokensList): string {
	const known = done.get(token.raw);
	if (known !== undefined) return known;
	const html = render(token, tokens);
	if (done.size >= most) done.clear();
	done.set(token.raw, html);
	return html;
}

function render(token: Token, { links }: TokensList): string {
	const one = Object.assign([token], { links });
	return DOMPurify.sanitize(marked.parser(one), allowed);
}
