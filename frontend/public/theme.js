// Sets the chosen theme before the first paint; the page's own scripts come later.
try {
	const theme = localStorage.getItem("coder1.theme");
	if (theme) document.documentElement.dataset.theme = theme;
} catch {
	// No storage: the system's theme is used.
}
