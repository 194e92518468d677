// What is open, as the address bar has it.
import { formatRoute, parseRoute, type Route } from "../state/route";

class Router {
	route = $state.raw<Route>(parseRoute(location.hash));

	constructor() {
		window.addEventListener("hashchange", () => {
			this.route = parseRoute(location.hash);
		});
	}

	go(route: Route): void {
		location.hash = formatRoute(route);
	}

	/** Goes there without a step in the browser's history. */
	replace(route: Route): void {
		history.replaceState(null, "", formatRoute(route));
		this.route = route;
	}
}

export const router = new Router();
