// Completes the word at the caret of the prompt box.
import { api } from "../api/client";
import { type Choice, completed, fileChoice, fitting, type Wanted, wanted } from "../state/complete";

type Commands = Awaited<ReturnType<typeof api.slashCommands>>;

export class Completer {
	choices = $state.raw<readonly Choice[]>([]);
	active = $state(0);
	private at: Wanted | undefined;
	private commands: Commands | undefined;

	private readonly session: string;
	private readonly workspace: () => string | undefined;

	constructor(session: string, workspace: () => string | undefined) {
		this.session = session;
		this.workspace = workspace;
	}

	/** Looks at what stands before the caret. */
	async look(text: string, caret: number): Promise<void> {
		const at = wanted(text, caret);
		this.at = at;
		if (!at) return this.close();
		// A completion that cannot be had is none.
		const choices = await this.find(at).catch(() => []);
		if (this.at !== at) return; // more was written meanwhile
		this.choices = choices;
		this.active = 0;
	}

	close(): void {
		this.at = undefined;
		this.choices = [];
	}

	/** Moves among the choices. */
	move(by: number): void {
		const { length } = this.choices;
		this.active = (this.active + by + length) % length;
	}

	/** The text with a choice put in. */
	take(text: string, choice = this.choices[this.active]): { text: string; caret: number } | undefined {
		const { at } = this;
		if (!at || !choice) return undefined;
		this.close();
		return completed(text, at, choice);
	}

	private async find({ kind, query }: Wanted): Promise<Choice[]> {
		if (kind === "command") {
			this.commands = this.commands?.length ? this.commands : await api.slashCommands(this.session);
			return fitting(this.commands, query);
		}
		const workspace = this.workspace();
		if (!workspace) return [];
		const { paths } = await api.paths(workspace, query, 8);
		return paths.map(fileChoice);
	}
}
