import { afterEach, expect, test, vi } from "vitest";
import { ApiError, api, onAnswer, onUnauthorized } from "./client";

const answers = (body: BodyInit | null, init: ResponseInit) =>
	vi.stubGlobal(
		"fetch",
		vi.fn(async () => new Response(body, init)),
	);
const problem = (status: number, body: object, headers = {}) =>
	answers(JSON.stringify(body), {
		status,
		headers: { "Content-Type": "application/problem+json", ...headers },
	});

afterEach(() => vi.unstubAllGlobals());

async function failure(call: Promise<unknown>): Promise<ApiError> {
	const error = await call.then(
		() => undefined,
		(e: unknown) => e,
	);
	if (!(error instanceof ApiError)) throw new Error("the call did not fail");
	return error;
}

test("names and ids are escaped", async () => {
	answers(null, { status: 204 });
	await api.stopPrompt("a/b", "c d");
	expect(fetch).toHaveBeenCalledWith(
		"/api/sessions/a%2Fb/prompts/c%20d",
		expect.objectContaining({ method: "DELETE" }),
	);
});

test("a problem's detail is the message, and when to try again is kept", async () => {
	problem(429, { title: "Too many", detail: "The queue is full.", status: 429 }, { "Retry-After": "30" });
	expect(await failure(api.sendPrompt("s", "hi"))).toMatchObject({
		message: "The queue is full.",
		status: 429,
		retryAfter: 30,
	});
});

test("a message is a sentence, but a path at its beginning stays a path", async () => {
	problem(422, { title: "Unprocessable", detail: "name is too long", status: 422 });
	expect((await failure(api.createWorkspace("x"))).message).toBe("Name is too long.");
	problem(404, { title: "Not found", detail: "docs/a.txt: there is no such file", status: 404 });
	expect((await failure(api.session("s"))).message).toBe("docs/a.txt: there is no such file");
});

test("an answer that is no problem document has a sentence too", async () => {
	answers("<html>", { status: 502, headers: { "Content-Type": "text/html" } });
	expect(await failure(api.me())).toMatchObject({ message: "The server answered 502.", status: 502 });
});

test("no answer at all is status 0", async () => {
	vi.stubGlobal(
		"fetch",
		vi.fn(() => Promise.reject(new TypeError("network"))),
	);
	expect((await failure(api.me())).status).toBe(0);
});

test("any answer of the server is told, what a proxy says in its place is not", async () => {
	const answered = vi.fn();
	onAnswer(answered);
	vi.stubGlobal(
		"fetch",
		vi.fn(() => Promise.reject(new TypeError("network"))),
	);
	await failure(api.me());
	answers("<html>", { status: 502 });
	await failure(api.me());
	expect(answered).not.toHaveBeenCalled();
	problem(404, { title: "Not found", status: 404 });
	await failure(api.me());
	expect(answered).toHaveBeenCalledOnce();
});

test("401 tells the page that the login is over, but not at the login itself", async () => {
	const over = vi.fn();
	onUnauthorized(over);
	problem(401, { title: "Unauthorized", status: 401 });
	await failure(api.login("x"));
	expect(over).not.toHaveBeenCalled();
	await failure(api.me());
	expect(over).toHaveBeenCalledOnce();
});
