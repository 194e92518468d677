import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");
mount(App, { target });

// Not where the page is worked on, nor in a window that is no browser.
if (import.meta.env.PROD && location.protocol.startsWith("http")) {
	void navigator.serviceWorker?.register("/sw.js").catch(() => {});
}
