package memory

import "bytes"

// stat is what we read of /proc/PID/stat.
type stat struct {
	name    []byte
	parent  int64
	threads int64
	started int64 // clock ticks after boot
}

// Places in /proc/PID/stat, counted from the state, which is the first after the name (proc_pid_stat(5)).
const (
	statParent  = 1
	statThreads = 17
	statStarted = 19
)

// parseStat reads "pid (name) state ppid …"; the name may hold anything.
func parseStat(text []byte) (s stat, ok bool) {
	open, shut := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || shut < open {
		return stat{}, false
	}
	s.name = text[open+1 : shut]
	rest := text[shut+1:]
	for i := 0; ; i++ {
		var field []byte
		if field, rest = nextField(rest); len(field) == 0 {
			return s, i > statParent
		}
		switch i {
		case statParent:
			if s.parent, ok = number(field); !ok {
				return stat{}, false
			}
		case statThreads:
			s.threads, _ = number(field)
		case statStarted:
			s.started, _ = number(field)
			return s, true
		}
	}
}

// statm is what we read of /proc/PID/statm, in pages.
type statm struct{ size, resident, shared int64 }

// parseStatm reads "size resident shared …" (proc_pid_statm(5)). All are 0 for what has no memory: kernel
// threads and zombies.
func parseStatm(text []byte) (s statm, ok bool) {
	for _, into := range [...]*int64{&s.size, &s.resident, &s.shared} {
		var field []byte
		field, text = nextField(text)
		if *into, ok = number(field); !ok {
			return statm{}, false
		}
	}
	return s, true
}

// parseShmem finds a line such as "RssShmem:	     128 kB" (proc_pid_status(5)); bytes.
func parseShmem(status []byte) (int64, bool) {
	_, after, found := bytes.Cut(status, []byte("\nRssShmem:"))
	field, _ := nextField(after)
	kb, ok := number(field)
	return kb << 10, found && ok
}

// nextField cuts off the first word.
func nextField(text []byte) (field, rest []byte) {
	start := 0
	for start < len(text) && isSpace(text[start]) {
		start++
	}
	end := start
	for end < len(text) && !isSpace(text[end]) {
		end++
	}
	return text[start:end], text[end:]
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }
