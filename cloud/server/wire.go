package server

import (
	"net/http"
	"reflect"
	"strings"

	"coder1/engine"
	"coder1/engine/workspace"

	"github.com/danielgtaylor/huma/v2"
)

// ClientFrame is what a client sends on the stream.
type ClientFrame struct {
	Type      string `json:"type"`
	Session   string `json:"session"`
	After     int64  `json:"after"`
	Workspace string `json:"workspace"`
}

// WatchedChange is a change of a file or folder.
type WatchedChange struct {
	Path string               `json:"path"`
	Kind workspace.ChangeKind `json:"kind" enum:"created,changed,removed" doc:"created: it is there now, perhaps in the place of another"`
}

// What the server sends on the stream.
type (
	eventsFrame struct {
		Type    string  `json:"type"`
		Session string  `json:"session"`
		Events  []Event `json:"events"`
	}
	deltaFrame struct {
		Type    string `json:"type"`
		Session string `json:"session"`
		engine.Delta
	}
	statusFrame struct {
		Type   string `json:"type"`
		Status Status `json:"status"`
	}
	sessionsFrame struct {
		Type     string    `json:"type"`
		Sessions []Session `json:"sessions" doc:"The latest, those that are pinned, and those in which something happens"`
		Total    int       `json:"total" doc:"How many sessions there are in all; GET /api/sessions lists them"`
	}
	workspacesFrame struct {
		Type       string      `json:"type"`
		Workspaces []Workspace `json:"workspaces"`
	}
	filesFrame struct {
		Type      string          `json:"type"`
		Workspace string          `json:"workspace"`
		Changes   []WatchedChange `json:"changes"`
		Resync    bool            `json:"resync" doc:"More changed than is listed: look at everything again. Also the first frame of a watch"`
	}
	terminalsFrame struct {
		Type      string     `json:"type"`
		Terminals []Terminal `json:"terminals"`
	}
	errorFrame struct {
		Type      string `json:"type"`
		Detail    string `json:"detail"`
		Session   string `json:"session,omitempty"`
		Workspace string `json:"workspace,omitempty"`
	}
	byeFrame struct {
		Type   string `json:"type"`
		Reason string `json:"reason"`
	}
	subscribeFrame struct {
		Type    string `json:"type"`
		Session string `json:"session"`
		After   int64  `json:"after"`
	}
	unsubscribeFrame struct {
		Type    string `json:"type"`
		Session string `json:"session"`
	}
	watchFrame struct {
		Type      string `json:"type"`
		Workspace string `json:"workspace"`
	}
	unwatchFrame struct {
		Type      string `json:"type"`
		Workspace string `json:"workspace"`
	}
)

// variant is one form of a union that "type" tells apart.
type variant struct {
	name string // of the schema
	tag  string // the value of "type"
	data any
}

var clientFrames = []variant{
	{"SubscribeFrame", "subscribe", subscribeFrame{}},
	{"UnsubscribeFrame", "unsubscribe", unsubscribeFrame{}},
	{"WatchFrame", "watch", watchFrame{}},
	{"UnwatchFrame", "unwatch", unwatchFrame{}},
}

var serverFrames = []variant{
	{"EventsFrame", "events", eventsFrame{}},
	{"DeltaFrame", "delta", deltaFrame{}},
	{"StatusFrame", "status", statusFrame{}},
	{"SessionsFrame", "sessions", sessionsFrame{}},
	{"WorkspacesFrame", "workspaces", workspacesFrame{}},
	{"FilesFrame", "files", filesFrame{}},
	{"TerminalsFrame", "terminals", terminalsFrame{}},
	{"ErrorFrame", "error", errorFrame{}},
	{"ByeFrame", "bye", byeFrame{}},
}

// enums are the values of properties that Go's types do not tell.
var enums = map[string][]any{
	"TurnStartedEvent.how":            {"warm", "reset", "new", "resumed"},
	"TurnEndedEvent.outcome":          {"done", "failed", "interrupted", "requeued"},
	"PromptEndedEvent.outcome":        {"cancelled", "parked"},
	"PermissionDecidedEvent.decision": {"allow", "deny", "withdrawn"},
	"NoticeEvent.level":               {"info", "warning"},
}

// anything are properties that hold whatever JSON the agent gave.
var anything = map[string]bool{"ToolCallEvent.input": true, "PermissionRequestedEvent.input": true, "AgentEvent.raw": true}

// Schema implements huma.SchemaProvider: an Event is one of a union.
func (Event) Schema(r huma.Registry) *huma.Schema {
	if r.Map()["SessionEvent"] == nil {
		r.Map()["SessionEvent"] = &huma.Schema{} // ends the recursion
		var all []variant
		for _, t := range engine.EventTypes() {
			all = append(all, variant{eventSchemaName(t.Name), t.Name, t.Data})
		}
		union(r, "SessionEvent", "An entry of a session's log. Newer servers may have types that are not listed.", all, eventHead)
	}
	return &huma.Schema{Ref: "#/components/schemas/SessionEvent"}
}

// eventSchemaName makes ToolCallEvent of tool_call.
func eventSchemaName(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(strings.TrimSuffix(name, "_event"), "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String() + "Event"
}

// eventHead adds what every entry has.
func eventHead(s *huma.Schema) {
	s.Properties["seq"] = &huma.Schema{Type: "integer", Format: "int64", Description: "From 1, without gaps"}
	s.Properties["time"] = &huma.Schema{Type: "string", Format: "date-time"}
	s.Required = append(s.Required, "seq", "time")
	if s.Properties["promptId"] == nil { // what an agent says is said in a prompt's turn
		s.Properties["promptId"] = &huma.Schema{Type: "string"}
		s.Required = append(s.Required, "promptId")
	}
}

// union registers a schema for each variant, and one for all of them.
func union(r huma.Registry, name, description string, variants []variant, more func(*huma.Schema)) {
	u := &huma.Schema{Description: description, Discriminator: &huma.Discriminator{PropertyName: "type", Mapping: map[string]string{}}}
	for _, v := range variants {
		s := huma.SchemaFromType(r, reflect.TypeOf(v.data))
		s.AdditionalProperties = nil
		for property := range s.Properties {
			refine(s, v.name, property)
		}
		if s.Properties["type"] == nil {
			s.Required = append(s.Required, "type")
		}
		s.Properties["type"] = &huma.Schema{Type: "string", Enum: []any{v.tag}}
		if more != nil {
			more(s)
		}
		s.PrecomputeMessages()
		r.Map()[v.name] = s
		ref := "#/components/schemas/" + v.name
		u.OneOf = append(u.OneOf, &huma.Schema{Ref: ref})
		u.Discriminator.Mapping[v.tag] = ref
	}
	r.Map()[name] = u
}

func refine(s *huma.Schema, schema, property string) {
	key := schema + "." + property
	switch {
	case enums[key] != nil:
		s.Properties[property] = &huma.Schema{Type: "string", Enum: enums[key]}
	case anything[key]:
		s.Properties[property] = &huma.Schema{}
	}
}

// describeEvents describes both forms of a session's log, which the handler writes itself.
func describeEvents(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {
		Description: "A page, or the whole as one event a line",
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/EventPage"}},
			ndjson:             {Schema: &huma.Schema{Ref: "#/components/schemas/SessionEvent"}},
		},
	}}
}

// describeStream describes the WebSocket, which OpenAPI has no words for.
func describeStream(api huma.API) {
	doc := api.OpenAPI()
	r := doc.Components.Schemas
	r.Schema(reflect.TypeFor[EventPage](), true, "")
	union(r, "ClientFrame", "What a client sends on /api/stream, as text frames.", clientFrames, nil)
	union(r, "ServerFrame", "What the server sends on /api/stream, as text frames.", serverFrames, nil)
	doc.AddOperation(&huma.Operation{
		Method: http.MethodGet, Path: "/api/stream", OperationID: "stream", Summary: "Everything live (WebSocket)",
		Description: "The status and the lists come first and whenever they change. Sessions are followed from a sequence number " +
			"by sending a SubscribeFrame, changes of a workspace's files by a WatchFrame. Frames are ServerFrame and ClientFrame.",
		Responses: map[string]*huma.Response{"101": {Description: "The connection is a WebSocket now"}},
	})
}
