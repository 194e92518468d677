package summary

import (
	"cmp"
	"encoding/json"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"coder1/engine/session"
)

// input is what a tool is given, as far as it is known.
type input struct {
	Command  string `json:"command"`
	File     string `json:"file_path"`
	Notebook string `json:"notebook_path"`
	Path     string `json:"path"`
}

// UnmarshalJSON leaves fields of unexpected types empty.
func (in *input) UnmarshalJSON(raw []byte) error {
	type plain input
	_ = json.Unmarshal(raw, (*plain)(in))
	return nil
}

// changes are the tools that change files, of all agents, and how.
var changes = map[string]string{
	"Write": "written", "Create": "written",
	"Edit": "edited", "MultiEdit": "edited", "NotebookEdit": "edited",
	"Delete": "deleted",
}

// call is a use of a tool that has not been answered.
type call struct {
	id      string
	how     string // what it does to the file, "" for a command
	subject string // the file or the command
}

// ask is a permission that was asked for.
type ask struct{ id, what string }

func (s *Summary) toolCall(_ session.Event, f fields) {
	c := call{id: beginning(f.ToolID, nameBytes)}
	switch how := changes[f.Name]; {
	case how != "":
		c.how, c.subject = how, s.path(f.Input)
	case f.Name == "Bash":
		c.subject = oneLine(f.Input.Command, commandBytes)
	}
	if c.subject == "" {
		return
	}
	if len(s.calls) == maxCalls {
		s.calls = s.calls[1:]
	}
	s.calls = append(s.calls, c)
}

// path is the file that a tool is about, told from the workspace if it is in it.
func (s *Summary) path(in input) string {
	name := filepath.ToSlash(cmp.Or(in.File, in.Notebook, in.Path))
	if name == "" {
		return ""
	}
	name = path.Clean(name)
	if inside, ok := strings.CutPrefix(name, filepath.ToSlash(s.Folder)+"/"); ok && s.Folder != "" {
		name = inside
	}
	return beginning(name, pathBytes)
}

func (s *Summary) toolResult(_ session.Event, f fields) {
	id := beginning(f.ToolID, nameBytes)
	i := slices.IndexFunc(s.calls, func(c call) bool { return c.id == id })
	if i < 0 {
		return
	}
	c := s.calls[i]
	s.calls = slices.Delete(s.calls, i, i+1)
	switch {
	case c.how == "":
		run := s.Commands.touch(maxCommands, func(r *Command) bool { return r.Text == c.subject }, &Command{Text: c.subject})
		run.OK, run.Times = !f.IsError, run.Times+1
	case !f.IsError:
		file := s.Files.touch(maxFiles, func(x *File) bool { return x.Path == c.subject }, &File{Path: c.subject})
		file.How, file.Times = c.how, file.Times+1
	}
}

func (s *Summary) asked(_ session.Event, f fields) {
	what := "to use " + beginning(f.Tool, nameBytes)
	switch {
	case f.Input.Command != "":
		what = "to run " + code(oneLine(f.Input.Command, commandBytes))
	case changes[f.Tool] != "" && s.path(f.Input) != "":
		what = "to change " + code(s.path(f.Input))
	case s.path(f.Input) != "":
		what += " on " + code(s.path(f.Input))
	}
	if len(s.asks) == maxCalls {
		s.asks = s.asks[1:]
	}
	s.asks = append(s.asks, ask{beginning(f.Request, nameBytes), what})
}

func (s *Summary) decided(_ session.Event, f fields) {
	id := beginning(f.Request, nameBytes)
	s.asks = slices.DeleteFunc(s.asks, func(a ask) bool { return a.id == id })
}

// ring keeps the latest of something, by when each was last seen.
type ring[T any] struct {
	List    []T // the latest last
	Dropped int // that fell out
}

// touch moves what matches to the end, or puts something fresh there, and returns it.
func (r *ring[T]) touch(most int, match func(T) bool, fresh T) T {
	if i := slices.IndexFunc(r.List, match); i >= 0 {
		fresh = r.List[i]
		r.List = slices.Delete(r.List, i, i+1)
	}
	if len(r.List) == most {
		r.List = slices.Delete(r.List, 0, 1)
		r.Dropped++
	}
	r.List = append(r.List, fresh)
	return fresh
}
