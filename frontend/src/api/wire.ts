// What travels between the page and the server: names for what `npm run generate` makes of the server's
// own description. Everything else in the page imports them from here.
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Workspace = Schemas["Workspace"];
export type CloneFrom = Schemas["CloneFrom"];
export type CloneProgress = Schemas["CloneProgress"];
export type Session = Schemas["Session"];
export type SessionState = Session["state"];
export type NewSession = Schemas["CreateSessionInputBody"];
export type Problem = Schemas["Problem"];

export type Summary = Schemas["Summary"];
export type SearchResult = Schemas["SearchResult"];
export type SearchHit = Schemas["SearchHit"];

export type PromptAnswer = Schemas["PromptAnswer"];
export type PromptChange = Schemas["ChangePromptInputBody"];
export type PermissionRule = Schemas["Permission"];
export type SlashCommand = Schemas["SlashCommand"];
export type Verdict = Schemas["DecideInputBody"];

/** One line of a session's log. A newer server may send types that are not listed. */
export type SessionEvent = Schemas["SessionEvent"];
export type EventOf<T extends SessionEvent["type"]> = Extract<SessionEvent, { type: T }>;
export type EventPage = Schemas["EventPage"];
export type How = EventOf<"turn_started">["how"];
export type PromptOutcome = EventOf<"prompt_ended">["outcome"];
export type TurnOutcome = EventOf<"turn_ended">["outcome"];
export type Decision = EventOf<"permission_decided">["decision"];
export type NoticeLevel = EventOf<"notice">["level"];

/** A piece of a message that is being written. Never stored. */
export type Delta = Omit<Schemas["DeltaFrame"], "type">;

export type Status = Schemas["Status"];
export type Memory = Schemas["Memory"];
export type MemoryLevel = Memory["level"];
export type MemoryOwner = Schemas["MemoryOwner"];
export type OwnerKind = MemoryOwner["kind"];
export type TierName = Schemas["Tier"]["name"];
export type AgentProcess = Schemas["AgentProcess"];
export type ProcessState = AgentProcess["state"];
export type QueueEntry = Schemas["QueueEntry"];
export type WaitEstimate = Schemas["WaitEstimate"];
export type History = Schemas["History"];
export type Alert = Schemas["Alert"];
export type DecisionRecord = Schemas["DecisionRecord"];
export type Recorder = Schemas["Recorder"];

/** What the page sends on the stream. */
export type ClientFrame = Schemas["ClientFrame"];
/** What the server sends on the stream. */
export type ServerFrame = Schemas["ServerFrame"];
