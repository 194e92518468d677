// Terminals in words.
import type { Exit, Terminal } from "./wire";

/** What a terminal is called: its own name, never one that its output gives it. */
export function terminalTitle(terminal: Terminal | undefined): string {
	if (!terminal) return "Terminal";
	const program = terminal.command[0]?.split("/").at(-1);
	return terminal.title || program || "Terminal";
}

/** "Ended with code 1.", "Ended by SIGKILL: it was stopped at 310 MB." */
export function exitWords({ code, signal, reason }: Exit): string {
	const why = reason ? `: ${reason.replace(/\.$/, "")}` : "";
	if (signal) return `Ended by ${signal.startsWith("SIG") ? signal : `SIG${signal}`}${why}.`;
	if (code) return `Ended with code ${code}${why}.`;
	return `Ended${why}.`;
}

export function exitOf({ exitCode, signal, reason }: Terminal): Exit {
	return { code: exitCode, signal, reason };
}
