package trace

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"coder1/engine/governor"
)

// chart collects what a picture of a recording shows: memory by owner, the queue, and decisions, in as many
// columns as fit on a page. Of each column it keeps the moment at which most memory was in use.
type chart struct {
	begin    time.Time
	wide     time.Duration // of a column
	columns  []column
	settings governor.Config
	waiting  map[string]bool
	marks    []mark
	more     int // marks that are not shown
	groups   map[string]int64
	files    int64
}

type column struct {
	seen   bool
	used   int64
	groups map[string]int64 // owner -> bytes
	files  int64            // of used, what the system can drop
	queue  int
	busy   bool // something happened
}

type mark struct {
	column int
	kind   string
	text   string
}

// Bounds of a picture.
const (
	chartColumns = 480
	chartMarks   = 400
	chartOwners  = 7
)

func newChart(begin, end time.Time, settings governor.Config) *chart {
	wide := max(end.Sub(begin)/chartColumns+1, time.Millisecond)
	return &chart{begin: begin, wide: wide, columns: make([]column, chartColumns+1), settings: settings,
		waiting: map[string]bool{}, groups: map[string]int64{}}
}

func (c *chart) step(at time.Time, ev governor.Event, out []governor.Decision) {
	i := min(max(int(at.Sub(c.begin)/c.wide), 0), len(c.columns)-1)
	col := &c.columns[i]
	switch e := ev.(type) {
	case governor.Sample:
		c.sample(col, &e)
	case governor.PromptStored:
		c.waiting[e.Prompt] = true
	case governor.PromptRestored:
		c.waiting[e.Prompt] = true
	}
	for _, d := range out {
		c.decided(i, d)
	}
	col.queue, col.busy = max(col.queue, len(c.waiting)), true
}

func (c *chart) sample(col *column, s *governor.Sample) {
	c.files = s.Used - s.Pinned
	if s.Attributed {
		clear(c.groups)
		for _, g := range s.Groups {
			c.groups[ownerOf(g)] += g.Bytes
		}
	}
	if !col.seen || s.Used > col.used {
		col.seen, col.used, col.files, col.groups = true, s.Used, c.files, maps.Clone(c.groups)
	}
}

// ownerOf is the account that a group's memory goes on.
func ownerOf(g governor.Group) string {
	switch g.Kind {
	case governor.KindAgent:
		return "agents"
	case governor.KindTerminal:
		return "terminals"
	}
	return cmp.Or(g.Name, "a command")
}

func (c *chart) decided(column int, d governor.Decision) {
	kind := ""
	switch d := d.(type) {
	case governor.StartTurn:
		delete(c.waiting, d.Prompt)
	case governor.Cancelled:
		delete(c.waiting, d.Prompt)
	case governor.EndTurn:
		if d.Outcome == governor.Requeued {
			c.waiting[d.Prompt] = true
		}
		kind = "ended"
	case governor.Freeze:
		kind = "freeze"
	case governor.Kill:
		kind = "kill"
	case governor.Evict:
		kind = "evict"
	case governor.Refuse:
		kind = "refuse"
	}
	switch {
	case kind == "":
	case len(c.marks) < chartMarks:
		c.marks = append(c.marks, mark{column, kind, describe(d)})
	default:
		c.more++
	}
}

// picture is what the template draws. Heights are in the units of the drawing.
type picture struct {
	Title  string
	Areas  []area
	Limits []limit
	Queue  string // a path
	Most   int    // that waited at once
	Marks  []dot
	More   int
	Hours  []label
}

type area struct {
	Name  string
	Color int
	Path  string
	Peak  string
}

type limit struct {
	Y     int
	Name  string
	Class string
}

type dot struct {
	X           int
	Kind, Title string
}

type label struct {
	X    int
	Text string
}

// The drawing: columns of two units; memory above, the queue below, marks between.
const (
	drawingWide  = 2 * (chartColumns + 1)
	memoryHeight = 240
	queueHeight  = 50
)

func (c *chart) draw(title string) picture {
	c.fill()
	p := picture{Title: title, More: c.more}
	top := max(c.settings.Hard, c.settings.Budget)
	for i := range c.columns {
		top = max(top, c.columns[i].used)
	}
	top += top / 20
	y := func(bytes int64) int { return memoryHeight - int(bytes*memoryHeight/max(top, 1)) }
	for _, l := range []struct {
		bytes       int64
		name, class string
	}{{c.settings.Hard, "hard limit", "hard"}, {c.settings.Panic, "panic", "panic"}, {c.settings.Warning, "warning", "warning"}} {
		if l.bytes > 0 {
			p.Limits = append(p.Limits, limit{y(l.bytes), fmt.Sprintf("%s %d MB", l.name, l.bytes>>20), l.class})
		}
	}
	p.Areas = c.areas(y)
	p.Queue, p.Most = c.queuePath()
	for _, m := range c.marks {
		p.Marks = append(p.Marks, dot{2 * m.column, m.kind, c.begin.Add(time.Duration(m.column)*c.wide).Format("15:04:05") + " " + m.text})
	}
	for i := range 6 {
		at := c.begin.Add(time.Duration(i) * c.wide * chartColumns / 6)
		p.Hours = append(p.Hours, label{i * drawingWide / 6, at.Format("Mon 15:04:05")})
	}
	return p
}

// areas stacks the owners: the server, the agents, the largest commands, all others.
func (c *chart) areas(y func(int64) int) []area {
	peaks := map[string]int64{}
	for i := range c.columns {
		for name, bytes := range c.columns[i].groups {
			peaks[name] = max(peaks[name], bytes)
		}
	}
	names := slices.SortedFunc(maps.Keys(peaks), func(a, b string) int {
		return cmp.Or(first(a == "agents", b == "agents"), cmp.Compare(peaks[b], peaks[a]), cmp.Compare(a, b))
	})
	shown := names[:min(len(names), chartOwners)]
	accounts := append([]string{"the server"}, shown...)
	if len(names) > len(shown) {
		accounts = append(accounts, "other commands")
	}
	accounts = append(accounts, "shared files")
	below := make([]int64, len(c.columns))
	var all []area
	for i, name := range accounts {
		a := area{Name: name, Color: i % 10}
		high := make([]int64, len(c.columns))
		peak := int64(0)
		for k := range c.columns {
			mine := c.columns[k].of(name, shown)
			peak = max(peak, mine)
			high[k] = below[k] + mine
		}
		a.Path, a.Peak = ribbon(below, high, c.columns, y), fmt.Sprintf("%d MB", peak>>20)
		below = high
		all = append(all, a)
	}
	return all
}

// of is what an account has in a column.
func (c *column) of(name string, shown []string) int64 {
	sum := int64(0)
	others := int64(0)
	for owner, bytes := range c.groups {
		sum += bytes
		if !slices.Contains(shown, owner) {
			others += bytes
		}
	}
	files := min(c.files, max(0, c.used-sum))
	switch name {
	case "the server":
		return max(0, c.used-sum-files)
	case "shared files":
		return files
	case "other commands":
		return others
	}
	return c.groups[name]
}

// fill has what was measured last stand for the time until the next measurement, which may be a second later.
func (c *chart) fill() {
	const apart = 3 * time.Second
	left := 0
	for i := range c.columns {
		col := &c.columns[i]
		if col.seen {
			left = max(int(apart/c.wide), 2)
			continue
		}
		if left > 0 {
			left--
			before := c.columns[i-1]
			col.seen, col.used, col.files, col.groups = true, before.used, before.files, before.groups
			if !col.busy {
				col.queue = before.queue
			}
		}
	}
}

// ribbon is the path between two lines; where nothing is known it has a gap.
func ribbon(low, high []int64, columns []column, y func(int64) int) string {
	var b strings.Builder
	for from := 0; from < len(columns); from++ {
		if !columns[from].seen {
			continue
		}
		to := from
		fmt.Fprintf(&b, "M%d %d", 2*from, y(high[from]))
		for ; to < len(columns) && columns[to].seen; to++ {
			fmt.Fprintf(&b, "L%d %dh2", 2*to, y(high[to]))
		}
		for k := to - 1; k >= from; k-- {
			fmt.Fprintf(&b, "L%d %dh-2", 2*k+2, y(low[k]))
		}
		b.WriteString("Z")
		from = to
	}
	return b.String()
}

func (c *chart) queuePath() (path string, most int) {
	for i := range c.columns {
		most = max(most, c.columns[i].queue)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "M0 %d", queueHeight)
	for i := range c.columns {
		fmt.Fprintf(&b, "L%d %dh2", 2*i, queueHeight-c.columns[i].queue*queueHeight/max(1, most))
	}
	fmt.Fprintf(&b, "V%dZ", queueHeight)
	return b.String(), most
}

// first compares so that what is true comes first.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
