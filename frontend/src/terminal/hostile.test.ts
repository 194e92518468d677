// What programs in a terminal can ask of the page.
import { expect, test } from "vitest";
import { clipboardText, mostClipboard } from "./clipboard";
import { webAddress } from "./links";

test.each([
	["https://example.org/a?b=c", "https://example.org/a?b=c"],
	["http://127.0.0.1:3000", "http://127.0.0.1:3000/"],
	["https://еxample.org", "https://xn--xample-2of.org/"],
	["https://example.org/\u202egnp.exe", "https://example.org/%E2%80%AEgnp.exe"],
])("%s leads to %s", (text, address) => {
	expect(webAddress(text)).toBe(address);
});

test.each(["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "ssh://host", "example.org", ""])(
	"%s is no address of the web",
	(text) => {
		expect(webAddress(text)).toBeUndefined();
	},
);

test("a text for the clipboard is read", () => {
	expect(clipboardText("c;Z3LDvG4=")).toBe("grün");
	expect(clipboardText(";YQ==")).toBe("a");
});

test.each(["c;?", "c;", "c", "c;%%%", "x;YQ==", "c;/w=="])("%s is refused", (data) => {
	expect(clipboardText(data)).toBeUndefined();
});

test("too much is refused", () => {
	const text = "a".repeat(mostClipboard);
	expect(clipboardText(`c;${btoa(text)}`)).toBe(text);
	expect(clipboardText(`c;${btoa(`${text}aaa`)}`)).toBeUndefined();
});
