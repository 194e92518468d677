package git

import (
	"fmt"
	"strings"

	"coder1/engine/process"
)

// Failure is what git said when it did not do what it was asked for, in words for people.
type Failure struct {
	What string // such as "git clone of shop"
	Text string
	Code int // git's exit code
}

func (f *Failure) Error() string { return f.What + ": " + f.Text }

// failure explains how a command ended.
func (c call) failure(p *process.Process) *Failure {
	exit := p.Exit()
	f := &Failure{What: "git " + c.what + " of " + c.repo.Name, Code: exit.Code}
	if exit.Signal != 0 {
		f.Text = "git " + exit.Text
		return f
	}
	f.Text = explain(p.Stderr())
	if c.kind == commit { // the words of a hook, as a rule
		f.Text = lastLines(p.Stderr())
	}
	if f.Text == "" {
		f.Text = "git " + exit.Text
	}
	return f
}

// explanations are what git's words mean to people. The first that matches counts.
var explanations = []struct{ said, means string }{
	{"index.lock': File exists", "another git command is at work in this workspace, or was killed in the middle of it (then delete .git/index.lock)"},
	{"No space left on device", "the disk is full"},
	{"Disk quota exceeded", "the disk is full"},
	{"Out of memory", "git needed more memory than there is; for a clone, ask for less history (depth 1)"},
	{"out of memory", "git needed more memory than there is; for a clone, ask for less history (depth 1)"},
	{"Cannot allocate memory", "git needed more memory than there is; for a clone, ask for less history (depth 1)"},
	{"Host key verification failed", "the host's key is not the one that is known for it, or cannot be checked"},
	{"Permission denied (publickey", "the host does not accept this server's SSH key; use an https:// address, with a token for a private repository"},
	{"could not read Username", "there is no such repository, or it is private: put a token into the address (https://TOKEN@host/…)"},
	{"could not read Password", "the address names a user but no password: put a token into the address (https://user:TOKEN@host/…)"},
	{"Authentication failed", "the host does not accept the name or token in the address"},
	{"Access denied", "the host does not accept the name or token in the address"},
	{"returned error: 401", "the host does not accept the name or token in the address"},
	{"returned error: 403", "the host does not let this name or token read the repository"},
	{"returned error: 404", "there is no repository at this address, or it is private"},
	{"Repository not found", "there is no repository at this address, or it is private"},
	{"repository not exported", "there is no repository at this address, or it is private"},
	{"does not appear to be a git repository", "there is no repository at this address"},
	{"' not found", "there is no repository at this address, or it is private"},
	{"Could not resolve host", "the host's name is not known: a typing error, or no network"},
	{"Name or service not known", "the host's name is not known: a typing error, or no network"},
	{"Temporary failure in name resolution", "the host's name is not known: a typing error, or no network"},
	{"unable to look up", "the host's name is not known: a typing error, or no network"},
	{"Connection refused", "the host does not answer at this address"},
	{"Failed to connect", "the host does not answer at this address"},
	{"Couldn't connect", "the host does not answer at this address"},
	{"timed out", "the host does not answer in time"},
	{"Network is unreachable", "there is no network"},
	{"certificate", "the host's certificate is not one that is trusted here"},
	{"early EOF", "the connection was cut in the middle"},
	{"hung up unexpectedly", "the host ended the connection: there is no repository at this address, it is private, or the network broke"},
	{"unexpected disconnect", "the connection was cut in the middle"},
	{"is beyond a symbolic link", "a path leads through a symbolic link"},
	{"is unmerged", "a file is in conflict; settle it first (edit and stage it)"},
	{"did not match any file", noFile},
	{"gpg failed to sign", "the commit could not be signed; switch commit.gpgSign off or give the server the key"},
}

const noFile = "there is no such file"

// explain turns what git said into one sentence.
func explain(stderr string) string {
	if branch, ok := between(stderr, "Remote branch ", " not found in upstream"); ok {
		return fmt.Sprintf("there is no branch or tag %s", clean(branch))
	}
	if folder, ok := between(stderr, "error: '", "' does not have a commit checked out"); ok {
		return fmt.Sprintf("%s is a repository of its own without a commit; commit in it, delete it, or add it to .gitignore", clean(folder))
	}
	if _, names, ok := strings.Cut(stderr, "paths are ignored by one of your .gitignore files:\n"); ok {
		return ignored(strings.Split(strings.TrimSpace(names), "\n"))
	}
	for _, e := range explanations {
		if strings.Contains(stderr, e.said) {
			return e.means
		}
	}
	return clean(lastWords(stderr))
}

// ignored says of paths that git does not take them.
func ignored(paths []string) string {
	if len(paths) == 1 {
		return clean(paths[0]) + " is ignored by .gitignore"
	}
	return clean(strings.Join(paths, ", ")) + " are ignored by .gitignore"
}

func between(s, before, after string) (string, bool) {
	_, s, begun := strings.Cut(s, before)
	s, _, done := strings.Cut(s, after)
	return s, begun && done
}

// lastWords are the complaint that counts: the last that is fatal, or an error, or else the last line.
func lastWords(stderr string) (words string) {
	rank := 0
	for line := range strings.FieldsFuncSeq(stderr, func(r rune) bool { return r == '\n' || r == '\r' }) {
		text, of := strings.TrimSpace(line), 1
		if after, ok := strings.CutPrefix(text, "error: "); ok {
			text, of = after, 2
		}
		if after, ok := strings.CutPrefix(text, "fatal: "); ok {
			text, of = after, 3
		}
		if text != "" && of >= rank {
			words, rank = text, of
		}
	}
	return words
}

// maxHookLines is how much of what a hook said is passed on.
const maxHookLines = 20

// lastLines are the end of what was said, as it was said.
func lastLines(stderr string) string {
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	return strings.Join(lines[max(0, len(lines)-maxHookLines):], "\n")
}

// maxWords bounds what is passed on of git's own words, in bytes.
const maxWords = 400

// clean makes a text fit to be shown: one line, valid, bounded.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	if len(s) > maxWords {
		s = strings.ToValidUTF8(s[:maxWords], "") + "…"
	}
	return strings.TrimSpace(s)
}
