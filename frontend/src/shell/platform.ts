// What keys are called here.

export const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);
export const mod = mac ? "⌘" : "Ctrl";
export const alt = mac ? "⌥" : "Alt";

/** The keys of terminals; the same on every system. */
export const panelKeys = "Ctrl `";
export const newTerminalKeys = "Ctrl Shift `";
