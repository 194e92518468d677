// The start page: how far the engine is, and what can be chosen. It goes on to the engine's own page by itself,
// unless it was asked for.

window.coder1Start = true;
const app = window.go.main.App;
const at = (id) => document.getElementById(id);

const attempt = async (what) => {
	at("problem").hidden = true;
	try {
		await what();
	} catch (e) {
		complain(String(e?.message ?? e));
	}
};

const complain = (text) => {
	at("problem").textContent = text;
	at("problem").hidden = false;
	at("problem").scrollIntoView({ block: "nearest" });
};

let stay = false;

const words = {
	running: "The engine is running.",
	failed: "The engine does not start.",
	ended: "The engine has ended.",
};

function show({ phase, detail, again }) {
	document.body.className = phase;
	at("detail").textContent = phase === "starting" ? detail : `${words[phase]} ${phase === "failed" ? detail : ""}`;
	at("again").textContent = again ? `It had to be started again. ${again}` : "";
	at("again").hidden = !again;
	at("enter").hidden = phase !== "running";
	if (phase === "running" && !stay) void app.Enter();
	if (phase === "failed") void readLog();
}

async function readLog() {
	at("log").textContent = await app.Logs();
}

function choose(name, megabytes) {
	stay = false;
	return attempt(() => app.Choose(name, megabytes));
}

function plan({ name, about, memoryMB }, chosen) {
	const button = document.createElement("button");
	button.role = "radio";
	button.ariaChecked = String(chosen.name === name);
	button.textContent = `${name}: ${memoryMB} MB (${about})`;
	button.onclick = () => choose(name, memoryMB);
	return button;
}

async function begin() {
	const now = await app.Now();
	if (now.recording) {
		window.location.replace("recording.html");
		return;
	}
	if (now.problem) complain(now.problem);
	stay = now.stay;
	at("plans").replaceChildren(...now.plans.map((one) => plan(one, now.plan)));
	at("megabytes").value = now.plan.memoryMB;
	at("megabytes").min = now.leastMB;
	at("address").value = now.remote;
	at("version").textContent = `Coder1 ${now.version}`;
	window.runtime.EventsOn("engine", show);
	show(now);
}

at("enter").onclick = () => app.Enter();
at("restart").onclick = () => {
	stay = false;
	void app.Restart();
};
at("folder").onclick = () => attempt(() => app.OpenFolder());
at("recording").onclick = () => attempt(() => app.OpenRecording());
at("custom").onsubmit = (event) => {
	event.preventDefault();
	void choose("Custom", Number(at("megabytes").value));
};
at("connect").onsubmit = (event) => {
	event.preventDefault();
	void attempt(() => app.Connect(at("address").value, at("token").value));
};
at("logs").ontoggle = () => at("logs").open && readLog();
void begin();
