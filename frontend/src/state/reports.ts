// Answers that a terminal gives by itself when output asks for them: who it is, where the cursor is, its
// colours. They travel as if they had been typed, so one that answers old output would end up in the shell's line.

/** What follows the escape. */
const reports = [
	/^\[[?>=]?[\d;]*[cn]$/, // device attributes, device status
	/^\[\??\d+;\d+(;\d+)?R$/, // place of the cursor
	/^\[\??\d+;\d+\$y$/, // state of a mode
	/^\[\d+(;\d+)*t$/, // size of the window
	/^\[\?\d+u$/, // keyboard protocol
	/^\]\d+;/, // colours
	/^P.*\\$/s, // settings, version
];

export function isReport(data: string): boolean {
	const rest = data.slice(1);
	return data.startsWith("\x1b") && reports.some((report) => report.test(rest));
}
