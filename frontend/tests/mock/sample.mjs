// The files every workspace of the mock begins with: small, of many kinds, some of them hostile.

/** A picture of one pixel. */
export const pixel = Buffer.from(
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
	"base64",
);

/** Names that pretend to be something else: markup, and letters that turn the ones after them round. */
export const hostileNames = ["<img src=x onerror=alert(1)>.txt", "invoice\u202etxt.exe"];

const total = `// The total of a cart, in cents: money is never a fraction.
import type { Item } from "./item";

export function total(items: readonly Item[]): number {
	return items.reduce((sum, item) => sum + item.price * item.count, 0);
}

/** What is due when a voucher is taken off. */
export function due(items: readonly Item[], voucher = 0): number {
	return Math.max(0, total(items) - voucher);
}
`;

const queue = `package queue

// Next returns the prompt that runs next, nil when none can.
func (q *Queue) Next(now time.Duration) *Item {
	for _, user := range q.order {
		if item := q.lines[user].head(); item != nil && item.ready(now) {
			return item
		}
	}
	return nil
}
`;

export function sampleFiles() {
	return [
		["README.md", "# Shop\n\nA small shop. `npm test` runs the **tests**.\n\n- carts\n- vouchers\n"],
		["package.json", '{\n\t"name": "shop",\n\t"version": "1.0.0",\n\t"private": true\n}\n'],
		[".env", "STAGE=local\n"],
		["src/app.ts", 'import { total } from "./cart/total";\n\nconsole.log(total([]));\n'],
		["src/cart/item.ts", "export interface Item {\n\tname: string;\n\tprice: number;\n\tcount: number;\n}\n"],
		["src/cart/total.ts", total],
		[
			"src/cart/total.test.ts",
			'import { total } from "./total";\n\ntest("nothing costs nothing", () => total([]));\n',
		],
		["src/style.css", ".cart {\n\tdisplay: grid;\n\tcolor: var(--text);\n}\n"],
		["server/queue.go", queue],
		[
			"server/report.py",
			'def report(items):\n    """Prints what was sold."""\n    for item in items:\n        print(f"{item.name}: {item.count}")\n',
		],
		["docs/windows.txt", "first\r\nsecond\r\n"],
		["docs/latin.txt", Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a])],
		["docs/pixel.png", pixel],
		["docs/data.bin", Buffer.from([0, 1, 2, 3, 0x3c, 0x62, 0x3e, 0xff])],
		["node_modules/left-pad/index.js", "module.exports = (s, n) => String(s).padStart(n);\n"],
		...hostileNames.map((name) => [`docs/${name}`, "<script>alert(1)</script> \u202eterces\u202c\n"]),
	];
}
