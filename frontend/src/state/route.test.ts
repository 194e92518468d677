import { expect, test } from "vitest";
import { formatRoute, loginToken, parseRoute } from "./route";

test.each([
	"#/s/01J%2F8",
	"#/s/x/12",
	"#/activity",
	"#/",
	"#/f/my%20shop/a%3F/%23b.ts",
	"#/f/shop/src/a.ts?line=12",
	"#/files/shop",
	"#/search/a%2Fb",
	"#/review/shop",
])("%s comes back as it was", (hash) => {
	expect(formatRoute(parseRoute(hash))).toBe(hash);
});

test.each(["", "#", "#/s/", "#/nowhere", "#login=abc", "#/f/shop", "#/files/", "#/review"])(
	"%j is home",
	(hash) => {
		expect(parseRoute(hash)).toEqual({ at: "home" });
	},
);

test("an address that cannot be decoded is taken as it is", () => {
	expect(parseRoute("#/s/%E0%A4%A")).toEqual({ at: "session", id: "%E0%A4%A" });
});

test("the token of a start-up link", () => {
	expect(loginToken("#login=a%2Bb")).toBe("a+b");
	expect(loginToken("#/s/1")).toBeUndefined();
	expect(loginToken("")).toBeUndefined();
});
