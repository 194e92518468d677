// Package engine is Coder1 without a face: sessions on disk, agent processes as a cache over them, and one
// governor that owns every megabyte. The cloud server and the desktop build drive it through Engine.
//
// Data flows one way:
//
//	server → Engine (an Event) → governor (Decisions) → process, session, terminal → Events → server
//
// One goroutine, the loop, owns the governor's state: it takes events in, one at a time, and carries
// decisions out without ever waiting. Whatever takes time happens at the edges and comes back as an event.
//
// Where things are:
//
//	settings.go    every setting, its default and what it may be
//	engine.go      opening and closing; what is wired to what
//	loop.go        the loop, and the hands that carry decisions out
//	recorder.go    has everything recorded that the governor is told and decides
//	worker.go      one agent process, from its start to its end
//	turn.go        one prompt's turn on a worker, written down as it goes
//	prompts.go     prompts: accept, edit, move, cancel
//	sessions.go    sessions and workspaces
//	list.go        lists of sessions, by pages
//	clean.go       old sessions: shortened, deleted; what is told of a damaged store
//	archive.go     backups; restore.go: back in; offline.go: without a server
//	overview.go    what a session was about, without a model; model_summary.go: as a model tells it
//	retell.go      a conversation that cannot be resumed goes on from a summary
//	export.go      sessions as files, and back; fork.go: as copies of others; making.go: whole or not at all
//	search.go      finding a text in all sessions
//	live.go        what is true only now: the message being written, permissions waiting for an answer
//	watch.go       who wants to know of changes
//	sampler.go     measures memory and feeds it to the loop
//	attribution.go whose memory it is
//	limit.go       what must never be used, and who holds us to it
//	files.go       workspaces' files: listed, searched, watched
//	git.go         what git does with workspaces; workspaces that are cloned
//	commands.go    the shell commands that agents run: let begin, frozen, killed
//	terminals.go   terminals: create, list, signal, delete; what the governor has to know of them
//	reclaim.go     what is given back on demand
//	journal.go     decisions, for people and for the log
//	follow.go      reading a session's log as it grows
//	status.go      the dashboard's data
//	history.go     how memory was used, for the dashboard's chart
//	recall.go      the same of the day before the start, from the flight recording
//	events.go      what is written into a session's log
//
// The packages below it hold one noun each: queue, tier and pool are the pure parts that governor puts
// together; memory reads; process starts and kills; agent speaks to agent CLIs; session is the log and the
// queue on disk; backup is the format of backup files; terminal is programs in pseudo-terminals; workspace is
// folders and the files in them; git drives the git program there; trace records what the governor did, and
// replays it.
package engine
