// `npm run mock`: the mock server where the page's development server looks for the real one.
// SEED=empty begins with nothing; PACE is the milliseconds between two pieces of an answer.
import { serve, token } from "./server.mjs";

const { url } = await serve({
	port: Number(process.env.PORT ?? 10000),
	seeded: process.env.SEED !== "empty",
	pace: Number(process.env.PACE ?? 18),
});
process.stdout.write(`${url}/#login=${token}\n`);
