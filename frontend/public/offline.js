// Shows the page again as soon as the server answers.
setInterval(async () => {
	const answer = await fetch("/api/health").catch(() => undefined);
	if (answer) location.reload();
}, 3000);
