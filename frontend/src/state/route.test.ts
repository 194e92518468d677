import { expect, test } from "vitest";
import { docOf, formatRoute, keyOf, loginLink, parseRoute } from "./route";

test.each([
	"#/s/01J%2F8",
	"#/s/01J/42",
	"#/f/shop/src/a%20b/%C3%BC%3F1.ts",
	"#/f/shop/src/total.ts?line=12",
	"#/files/shop",
	"#/search/shop",
	"#/review/shop",
	"#/t/t1",
	"#/terminals",
	"#/sessions",
	"#/activity",
	"#/",
])("%s comes back as it was", (hash) => {
	expect(formatRoute(parseRoute(hash))).toBe(hash);
});

test.each(["", "#", "#/s/", "#/t/", "#/f/shop", "#/f/shop/", "#/review/", "#/nowhere", "#login=abc"])(
	"%j is home",
	(hash) => {
		expect(parseRoute(hash)).toEqual({ at: "home" });
	},
);

test("an address that cannot be decoded is taken as it is", () => {
	expect(parseRoute("#/s/%E0%A4%A")).toEqual({ at: "session", id: "%E0%A4%A" });
});

test("a place inside a document makes no other document", () => {
	expect(keyOf(parseRoute("#/s/a/42"))).toBe("#/s/a");
	expect(keyOf(parseRoute("#/f/shop/a.ts?line=12"))).toBe("#/f/shop/a.ts");
	expect(docOf(parseRoute("#/files/shop"))).toBeUndefined();
	expect(keyOf({ at: "home" })).toBeUndefined();
});

test("a seq that is no number is left away", () => {
	expect(parseRoute("#/s/a/b")).toEqual({ at: "session", id: "a" });
});

test("the token of a start-up link", () => {
	expect(loginLink("#login=a%2Bb")).toEqual({ token: "a+b", to: { at: "home" } });
	const folder = encodeURIComponent("#/files/shop");
	expect(loginLink(`#login=a&to=${folder}`)).toEqual({ token: "a", to: { at: "files", workspace: "shop" } });
	expect(loginLink("#/s/1")).toBeUndefined();
	expect(loginLink("")).toBeUndefined();
});
