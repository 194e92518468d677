import { expect, test } from "vitest";
import type { FilesFrame } from "../files/wire";
import { Watchers } from "./watchers";

function world() {
	const said: string[] = [];
	const watchers = new Watchers({
		watchFiles: (workspace) => void said.push(`watch ${workspace}`),
		unwatchFiles: (workspace) => void said.push(`unwatch ${workspace}`),
	});
	return { said, watchers };
}

const frame = (workspace: string): FilesFrame => ({ type: "files", workspace, changes: [], resync: false });

test("the server is asked with the first and told off with the last", () => {
	const { said, watchers } = world();
	const first = watchers.add("shop", () => {});
	const second = watchers.add("shop", () => {});
	first();
	first();
	expect(said).toEqual(["watch shop"]);
	second();
	expect(said).toEqual(["watch shop", "unwatch shop"]);
	watchers.add("shop", () => {});
	expect(said).toHaveLength(3);
});

test("each hears of its own workspace", () => {
	const { watchers } = world();
	const heard: string[] = [];
	const tell = ({ workspace, resync }: FilesFrame) => heard.push(`${workspace} ${resync}`);
	watchers.add("shop", tell);
	watchers.add("shop", tell);
	watchers.add("notes", tell);
	watchers.receive(frame("shop"));
	expect(heard).toEqual(["shop false", "shop false"]);
	watchers.receive(frame("elsewhere"));
	watchers.receive({ ...frame("notes"), resync: true });
	expect(heard.slice(2)).toEqual(["notes true"]);
});
