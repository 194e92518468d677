// The time, for everything that counts up or down on the page. One timer for all of it.

class Clock {
	/** Milliseconds since 1970, a second apart. */
	now = $state(Date.now());

	constructor() {
		setInterval(() => {
			if (document.visibilityState === "visible") this.now = Date.now();
		}, 1000);
		document.addEventListener("visibilitychange", () => {
			this.now = Date.now();
		});
	}
}

export const clock = new Clock();
