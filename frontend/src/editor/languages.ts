// The languages that are coloured, each fetched with the first file of its kind.
import type { LanguageSupport, StreamParser } from "@codemirror/language";
import { extensionOf, nameOf } from "../files/paths";

export interface LanguageChoice {
	name: string;
	/** Extensions, and whole names of files without one. */
	of: string;
	load: () => Promise<LanguageSupport>;
}

/** A language of the older kind, which knows colours only. */
async function older(parser: Promise<StreamParser<unknown>>): Promise<LanguageSupport> {
	const { LanguageSupport, StreamLanguage } = await import("@codemirror/language");
	return new LanguageSupport(StreamLanguage.define(await parser));
}

const javascript = (more: { jsx?: boolean; typescript?: boolean }) => async () =>
	(await import("@codemirror/lang-javascript")).javascript(more);

const choices: LanguageChoice[] = [
	{ name: "JavaScript", of: "js mjs cjs", load: javascript({}) },
	{ name: "JavaScript JSX", of: "jsx", load: javascript({ jsx: true }) },
	{ name: "TypeScript", of: "ts mts cts", load: javascript({ typescript: true }) },
	{ name: "TypeScript JSX", of: "tsx", load: javascript({ jsx: true, typescript: true }) },
	{
		name: "JSON",
		of: "json jsonc webmanifest map",
		load: async () => (await import("@codemirror/lang-json")).json(),
	},
	{ name: "HTML", of: "html htm", load: async () => (await import("@codemirror/lang-html")).html() },
	{ name: "CSS", of: "css scss less", load: async () => (await import("@codemirror/lang-css")).css() },
	{
		name: "Markdown",
		of: "md markdown mdx",
		load: async () => (await import("@codemirror/lang-markdown")).markdown(),
	},
	{ name: "Python", of: "py pyi pyw", load: async () => (await import("@codemirror/lang-python")).python() },
	{ name: "Go", of: "go", load: async () => (await import("@codemirror/lang-go")).go() },
	{ name: "Rust", of: "rs", load: async () => (await import("@codemirror/lang-rust")).rust() },
	{ name: "Java", of: "java", load: async () => (await import("@codemirror/lang-java")).java() },
	{
		name: "C++",
		of: "c h cc cpp cxx hpp hh ino",
		load: async () => (await import("@codemirror/lang-cpp")).cpp(),
	},
	{ name: "PHP", of: "php", load: async () => (await import("@codemirror/lang-php")).php() },
	{ name: "SQL", of: "sql", load: async () => (await import("@codemirror/lang-sql")).sql() },
	{ name: "YAML", of: "yaml yml", load: async () => (await import("@codemirror/lang-yaml")).yaml() },
	{
		name: "XML",
		of: "xml svg xsd xsl plist",
		load: async () => (await import("@codemirror/lang-xml")).xml(),
	},
	{ name: "Vue", of: "vue", load: async () => (await import("@codemirror/lang-vue")).vue() },
	{
		name: "Svelte",
		of: "svelte",
		load: async () => (await import("@replit/codemirror-lang-svelte")).svelte(),
	},
	{
		name: "Shell",
		of: "sh bash zsh .bashrc .profile .zshrc",
		load: () => older(import("@codemirror/legacy-modes/mode/shell").then((m) => m.shell)),
	},
	{
		name: "TOML",
		of: "toml Cargo.lock",
		load: () => older(import("@codemirror/legacy-modes/mode/toml").then((m) => m.toml)),
	},
	{
		name: "Dockerfile",
		of: "dockerfile Dockerfile Containerfile",
		load: () => older(import("@codemirror/legacy-modes/mode/dockerfile").then((m) => m.dockerFile)),
	},
	{
		name: "Ruby",
		of: "rb rake Gemfile Rakefile",
		load: () => older(import("@codemirror/legacy-modes/mode/ruby").then((m) => m.ruby)),
	},
	{
		name: "Properties",
		of: "ini properties env .env .editorconfig .npmrc",
		load: () => older(import("@codemirror/legacy-modes/mode/properties").then((m) => m.properties)),
	},
];

const known = new Map(choices.flatMap((choice) => choice.of.split(" ").map((word) => [word, choice])));

/** The language of a file by its name; undefined for plain text. */
export function languageOf(path: string): LanguageChoice | undefined {
	return known.get(nameOf(path)) ?? known.get(extensionOf(path));
}
