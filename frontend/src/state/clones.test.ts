import { describe, expect, test } from "vitest";
import type { Workspace } from "../api/wire";
import { addressOf, cloneFault, faultOf, type Making, nameFrom, progressWords } from "./clones";

const workspace = (name: string, state: Workspace["state"] = "ready") => ({ name, state }) as Workspace;
const making = (some: Partial<Making>): Making => ({
	way: "empty",
	name: "app",
	address: "",
	branch: "",
	newest: false,
	...some,
});

describe("a workspace's name", () => {
	const fault = (name: string, there: Workspace[] = []) => faultOf(making({ name }), there)?.at;
	test.each(["app", "9lives", "my.app_2-x", "a".repeat(64), " app "])("%j will do", (name) => {
		expect(fault(name)).toBeUndefined();
	});
	test.each(["", ".git", "-x", "a b", "ä", "../up", "a".repeat(65)])("%j will not", (name) => {
		expect(fault(name)).toBe("name");
	});
	test("must be new, but what could not be cloned is cloned again", () => {
		expect(fault("app", [workspace("app")])).toBe("name");
		expect(fault("app", [workspace("app", "failed")])).toBe("name");
		const clone = making({ way: "git", address: "https://host/app" });
		expect(faultOf(clone, [workspace("app", "cloning")])?.at).toBe("name");
		expect(faultOf(clone, [workspace("app", "failed")])).toBeUndefined();
	});
});

describe("an address", () => {
	const fault = (address: string) => faultOf(making({ way: "git", address }), [])?.at;
	test.each([
		"https://github.com/owner/project.git",
		"https://TOKEN@host/project",
		"github.com/owner/project",
		"git clone https://github.com/owner/project.git",
		"ssh://git@host:2222/project",
		"git@github.com:owner/project.git",
		"git://host/project",
		"file:///srv/project.git",
	])("%s will do", (address) => expect(fault(address)).toBeUndefined());
	test.each(["", "project", "http://host/project", "https://host", "https://host/a b", "/srv/project"])(
		"%j will not",
		(address) => expect(fault(address)).toBe("address"),
	);
	test("is what was meant", () => {
		expect(addressOf(" git clone github.com/owner/project ")).toBe("https://github.com/owner/project");
	});
});

test.each([
	["https://github.com/owner/project.git", "project"],
	["https://github.com/owner/project/", "project"],
	["github.com/owner/my%20project", "my-20project"],
	["git@host:project.git", "project"],
	["file:///srv/.dotfiles.git", "dotfiles"],
	["https://host/project?x=1#y", "project"],
	["https://github.com", ""],
	["https://", ""],
	["proj", ""],
])("%s is called %j", (address, name) => expect(nameFrom(address)).toBe(name));

test("a failure stands at the field that it is about", () => {
	expect(cloneFault("there is no branch or tag next", "next").at).toBe("branch");
	expect(cloneFault("there is no branch or tag next", "").at).toBe("address");
	expect(cloneFault("the host does not answer in time", "next").at).toBe("address");
});

test.each([
	["waiting", 0, "", "Waiting for its turn…"],
	["receiving", 45, "450 of 1000, 12.00 MiB", "Receiving 45 % · 450 of 1000, 12.00 MiB"],
	["writing files", 100, "", "Writing files 100 %"],
])("%s %d", (phase, percent, detail, words) => {
	expect(progressWords({ phase, percent, detail })).toBe(words);
});
