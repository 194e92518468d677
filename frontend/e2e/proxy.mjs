// A network between the reader and the server that can be cut.
import { connect, createServer } from "node:net";

/** Stands in front of an address; the result has an address of its own, `cut`, `mend` and `close`. */
export async function between(address) {
	const { hostname, port } = new URL(address);
	const open = new Set();
	let broken = false;
	const server = createServer((near) => {
		if (broken) return near.destroy();
		const far = connect(Number(port), hostname);
		for (const [one, other] of [
			[near, far],
			[far, near],
		]) {
			open.add(one);
			one.on("error", () => other.destroy());
			one.on("close", () => open.delete(one));
			one.pipe(other);
		}
	});
	await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
	const cut = () => {
		broken = true;
		for (const socket of open) socket.destroy();
	};
	const mend = () => {
		broken = false;
	};
	const close = () => {
		cut();
		return new Promise((closed) => server.close(closed));
	};
	return { url: `http://127.0.0.1:${server.address().port}`, cut, mend, close };
}
