// What travels between the page and the server about terminals, by its names here.
import type { components } from "../api/schema.gen";

type Schemas = components["schemas"];

export type Terminal = Schemas["Terminal"];
export type NewTerminal = Schemas["CreateTerminalInputBody"];
export type Signal = Schemas["SignalTerminalInputBody"]["signal"];
/** What the server says on a terminal's own connection; binary frames are output. */
export type FromTerminal = Schemas["TerminalServerFrame"];
/** What the page says there; binary frames are input. */
export type ToTerminal = Schemas["TerminalClientFrame"];

/** How a terminal ended. */
export type Exit = Partial<Omit<Schemas["TerminalExitFrame"], "type">>;
