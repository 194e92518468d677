package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"coder1/engine/session"
)

// Errors of permission rules.
var (
	ErrPattern       = errors.New("the pattern does not cover what the agent asks for: give the command or path itself, or its beginning followed by *, or nothing for every use of the tool")
	ErrNoSuchRule    = errors.New("there is no such permission: it was taken back already")
	ErrTooManyRules  = errors.New("there are 500 permissions already: take some back first")
	ErrScope         = errors.New(`remember is "session" or "always"`)
	errRuleNotStored = errors.New("the permission could not be kept")
)

// Rule lets agents use a tool without asking: in one session, or always in a workspace.
type Rule struct {
	ID        string    `json:"id"`
	Session   string    `json:"session,omitempty"` // empty: every session of the workspace
	Workspace string    `json:"workspace"`
	Tool      string    `json:"tool"`
	Pattern   string    `json:"pattern,omitempty"` // see covers
	Created   time.Time `json:"created"`
}

// maxRules bounds what is looked through for each question of an agent.
const maxRules = 500

// rules are kept on disk, and here.
type rules struct {
	mu    sync.Mutex
	store *session.Store
	list  []Rule
}

const rulesName = "permissions"

func (rs *rules) open(store *session.Store) error {
	rs.store = store
	if err := store.Kept(rulesName, &rs.list); err != nil && !errors.Is(err, session.ErrNotFound) {
		return err
	}
	return nil
}

// find returns a rule that allows what an agent asks for.
func (rs *rules) find(p pendingPermission, session string) (Rule, bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.list {
		if r.Workspace == p.workspace && (r.Session == "" || r.Session == session) && r.covers(p.ask.Tool, p.subject) {
			return r, true
		}
	}
	return Rule{}, false
}

func (rs *rules) add(r Rule) error {
	r.ID, r.Created = newID(), time.Now().UTC()
	return rs.change(func(list []Rule) ([]Rule, error) {
		if len(list) >= maxRules {
			return nil, ErrTooManyRules
		}
		return append(list, r), nil
	})
}

// remove takes back the rules that gone says; it is ErrNoSuchRule when there are none.
func (rs *rules) remove(gone func(Rule) bool) error {
	return rs.change(func(list []Rule) ([]Rule, error) {
		left := slices.DeleteFunc(list, gone)
		if len(left) == len(rs.list) {
			return nil, ErrNoSuchRule
		}
		return left, nil
	})
}

func (rs *rules) change(do func([]Rule) ([]Rule, error)) error {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	list, err := do(slices.Clone(rs.list))
	if err != nil {
		return err
	}
	if err := rs.store.Keep(rulesName, list); err != nil {
		return errors.Join(errRuleNotStored, err)
	}
	rs.list = list
	return nil
}

// covers reports whether the rule allows what an agent asks for. The pattern is compared with the command,
// file, or address that the tool is to be used on: it is equal, or ends in * and the rest is how that
// begins, up to the end of a word. What goes beyond the beginning must be words: a command that chains
// others, or a path that turns back, is no continuation of what was allowed.
func (r Rule) covers(tool, subject string) bool {
	if r.Tool != tool {
		return false
	}
	if r.Pattern == "" {
		return true
	}
	if subject == "" {
		return false
	}
	if subject == r.Pattern {
		return true
	}
	start, open := strings.CutSuffix(r.Pattern, "*")
	rest, begins := strings.CutPrefix(subject, start)
	if !open || !begins {
		return false
	}
	atBoundary := start == "" || strings.HasSuffix(start, " ") || strings.HasSuffix(start, "/")
	return atBoundary && !strings.ContainsAny(rest, "\n\r;&|<>`$()\\") && !strings.Contains("/"+rest+"/", "/../")
}

// subjectOf is what a tool is to be used on, as far as its input tells: a command, a path in the workspace,
// an address.
func subjectOf(input json.RawMessage, dir string) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(input, &fields) != nil {
		return ""
	}
	for _, name := range []string{"command", "file_path", "notebook_path", "path", "url"} {
		var text string
		if json.Unmarshal(fields[name], &text) == nil && text != "" {
			return strings.TrimPrefix(text, dir+"/")
		}
	}
	return ""
}

// String says in words what the rule allows.
func (r Rule) String() string {
	what := "every use of " + r.Tool
	if r.Pattern != "" {
		what = r.Tool + " " + r.Pattern
	}
	if r.Session != "" {
		return what + ", in this session"
	}
	return what + ", always in " + r.Workspace
}

// Rules lists what agents need not ask for any more, the latest last.
func (e *Engine) Rules() []Rule {
	e.rules.mu.Lock()
	defer e.rules.mu.Unlock()
	return slices.Clone(e.rules.list)
}

// DeleteRule takes a permission back.
func (e *Engine) DeleteRule(id string) error {
	return e.rules.remove(func(r Rule) bool { return r.ID == id })
}

// dropRules forgets what was allowed to a session, or in a workspace, that is gone.
func (e *Engine) dropRules(gone func(Rule) bool) {
	if err := e.rules.remove(gone); err != nil && !errors.Is(err, ErrNoSuchRule) {
		e.log.Warn("permissions of something that is gone are kept", "error", err)
	}
}

// Scope is how long a permission lasts.
type Scope string

// The scopes of a permission.
const (
	Once      Scope = ""
	InSession Scope = "session"
	Always    Scope = "always"
)

// rule makes the rule that an answer asks for.
func (p pendingPermission) rule(session string, a Answer) (Rule, error) {
	r := Rule{Workspace: p.workspace, Tool: p.ask.Tool, Pattern: a.Pattern}
	switch a.Remember {
	case InSession:
		r.Session = session
	case Always:
	default:
		return Rule{}, ErrScope
	}
	if !r.covers(p.ask.Tool, p.subject) {
		return Rule{}, fmt.Errorf("%w (asked: %s %s)", ErrPattern, p.ask.Tool, p.subject)
	}
	return r, nil
}
