package trace

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"coder1/engine/governor"
)

// Which fields are written. Numbers and flags always are. Text only where this table says so: a field that
// nobody has thought about stays out of the recording.

// treatment says what is written of a text.
type treatment int

const (
	dropped treatment = iota
	kept              // an ID that the engine made, or one of a few words
	aliased           // what a user wrote or named: the same text has the same alias, which says nothing of it
	exit              // how a process ended, as far as it is in the words for that
	own               // the governor's own words, and what is known already: only in a Head, from which a reader begins
)

// texts is the treatment of every text field, by type and field.
var texts = map[string]treatment{
	"PromptOffered.Prompt": kept, "PromptOffered.Session": kept, "PromptOffered.Agent": kept,
	"PromptOffered.User": aliased, "PromptOffered.Profile": aliased,
	"PromptStored.Prompt": kept, "PromptCancelled.Prompt": kept, "PromptMoved.Prompt": kept, "PromptMoved.Before": kept,
	"TurnResponded.Prompt": kept, "TurnEnded.Prompt": kept,
	"ProcessExited.Cause": exit, "SessionClosed.Session": kept,
	"TerminalOpened.Terminal": kept, "TerminalOpened.User": aliased, "TerminalClosed.Terminal": kept,
	"TerminalWatched.Terminal": kept, "TerminalCleared.Terminal": kept,
	"CommandAsked.Group": kept, "CommandAsked.Name": aliased, "CommandEnded.Group": kept,
	"Group.ID": kept, "Group.Name": aliased,
	"Reclaimed.What": kept, "SampleFailed.Cause": dropped,

	"Accept.Prompt": kept, "Refuse.Prompt": kept, "Refuse.Reason": dropped,
	"Queued.Prompt": kept, "Queued.Session": own, "Queued.Reason": own, // a session is told with its prompt
	"Cancelled.Prompt": kept, "Cancelled.Session": kept, "Cancelled.Reason": dropped,
	"StartTurn.Prompt": kept, "StartTurn.Session": kept, "StartTurn.Afresh": dropped, "StartTurn.Reason": dropped,
	"EndTurn.Prompt": kept, "EndTurn.Session": kept, "EndTurn.Outcome": kept, "EndTurn.Reason": dropped,
	"Interrupt.Prompt": kept, "Interrupt.Session": kept, "Interrupt.Reason": dropped,
	"Evict.Session": kept, "Evict.Reason": dropped,
	"OpenTerminal.Terminal": kept, "OpenTerminal.Reason": dropped,
	"RefuseTerminal.Terminal": kept, "RefuseTerminal.Reason": dropped,
	"StartCommand.Group": kept, "StartCommand.Reason": dropped,
	"Freeze.Group": kept, "Freeze.Session": kept, "Freeze.Reason": dropped,
	"Thaw.Group": kept, "Thaw.Session": kept, "Thaw.Reason": dropped,
	"Kill.Group": kept, "Kill.Session": kept, "Kill.Reason": dropped, "Kill.Verdict": dropped,
	"SetLevel.Reason": dropped, "SetTier.Reason": dropped, "TrimBuffers.Reason": dropped, "DropContexts.Reason": dropped,
	"CompactSessions.Reason": dropped, "SweepShared.Reason": dropped, "ReleaseMemory.Reason": dropped,
	"RaiseAlert.Name": kept, "RaiseAlert.Severity": kept, "RaiseAlert.Reason": dropped,
	"ClearAlert.Name": kept, "ClearAlert.Reason": dropped,

	"Head.Run": kept, "Head.Build": kept, "Head.Platform": kept,
	"Config.Costs": kept, "LearnedCost.Agent": kept,
	"Snapshot.Running": kept, "Snapshot.History": kept, // session -> bytes
	"Snapshot.Terminals": kept,
	"Item.ID":            kept, "Item.User": aliased, "Item.Session": kept,
	"Snapshot.Served": aliased, // user -> turn, of queue.Snapshot
	"Process.Session": kept, "Process.Profile": aliased, "Process.Agent": kept,
	"PromptMark.Afresh": own, "PromptMark.Blocked": own, "PromptMark.Cause": own,
	"Alert.Name": kept, "Alert.Severity": kept, "Alert.Message": own,
	"End.How": kept,
}

// aliasOf is what aliases begin with, by field.
var aliasOf = map[string]string{"User": "user ", "Served": "user ", "Profile": "profile ", "Name": "command "}

// Every input and every decision, under the names that lines have for them: those of the types.
var (
	events = plans[governor.Event](
		governor.PromptOffered{}, governor.PromptStored{}, governor.PromptRestored{}, governor.PromptCancelled{},
		governor.PromptMoved{}, governor.TurnResponded{}, governor.TurnEnded{}, governor.ProcessReady{},
		governor.ProcessExited{}, governor.ProcessStopped{}, governor.SessionClosed{}, governor.TerminalOpened{},
		governor.TerminalWatched{}, governor.TerminalCleared{}, governor.TerminalClosed{}, governor.CommandAsked{}, governor.CommandEnded{}, governor.Sample{},
		governor.Reclaimed{}, governor.SampleFailed{}, governor.Tick{}, governor.Draining{},
	)
	decisions = plans[governor.Decision](
		governor.Accept{}, governor.Refuse{}, governor.Queued{}, governor.Cancelled{}, governor.StartTurn{},
		governor.EndTurn{}, governor.Interrupt{}, governor.Evict{}, governor.StartCommand{},
		governor.OpenTerminal{}, governor.RefuseTerminal{}, governor.Freeze{},
		governor.Thaw{}, governor.Kill{}, governor.SetLevel{}, governor.SetTier{}, governor.TrimBuffers{},
		governor.DropContexts{}, governor.CompactSessions{}, governor.SweepShared{}, governor.ReleaseMemory{},
		governor.RaiseAlert{}, governor.ClearAlert{},
	)
	headPlan = planOf(reflect.TypeFor[Head]())
)

// book finds the plan of a type, and the type of a name.
type book struct {
	byType map[reflect.Type]*plan
	byName map[string]reflect.Type
}

func plans[T any](all ...T) book {
	b := book{map[reflect.Type]*plan{}, map[string]reflect.Type{}}
	for _, one := range all {
		t := reflect.TypeOf(one)
		b.byType[t], b.byName[lowerFirst(t.Name())] = planOf(t), t
	}
	return b
}

// plan says how a struct is written.
type plan struct {
	name   string
	fields []fieldPlan
}

type fieldPlan struct {
	index []int
	key   string // with quotes and colon
	value valuePlan
}

// valuePlan says how a value is written.
type valuePlan struct {
	kind  reflect.Kind
	named bool // it is a number with a name
	text  treatment
	alias string     // what an alias begins with
	one   *valuePlan // of a list or map
	in    *plan      // of a struct
}

func planOf(t reflect.Type) *plan {
	p := &plan{name: lowerFirst(t.Name())}
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous {
			continue
		}
		owner := t
		for _, i := range f.Index[:len(f.Index)-1] {
			owner = owner.Field(i).Type
		}
		v := valueOf(f.Type, texts[owner.Name()+"."+f.Name], aliasOf[f.Name])
		if v.kind != reflect.Invalid {
			p.fields = append(p.fields, fieldPlan{f.Index, fmt.Sprintf("%q:", lowerFirst(f.Name)), v})
		}
	}
	return p
}

var stringer = reflect.TypeFor[fmt.Stringer]()

// valueOf plans a value; the kind Invalid is one that is left out.
func valueOf(t reflect.Type, text treatment, alias string) valuePlan {
	v := valuePlan{kind: t.Kind(), text: text, alias: alias}
	switch t.Kind() {
	case reflect.String:
		if text == dropped {
			v.kind = reflect.Invalid
		}
	case reflect.Int, reflect.Int64:
		v.named = t != reflect.TypeFor[time.Duration]() && t.Implements(stringer)
	case reflect.Slice, reflect.Array, reflect.Map:
		one := valueOf(t.Elem(), text, alias)
		v.one = &one
		if one.kind == reflect.Invalid || t.Kind() == reflect.Map && text == dropped {
			v.kind = reflect.Invalid
		}
	case reflect.Struct:
		if t != reflect.TypeFor[time.Time]() {
			v.in = planOf(t)
		}
	case reflect.Bool:
	default:
		v.kind = reflect.Invalid
	}
	return v
}

func lowerFirst(name string) string {
	if name == strings.ToUpper(name) {
		return strings.ToLower(name)
	}
	return strings.ToLower(name[:1]) + name[1:]
}
