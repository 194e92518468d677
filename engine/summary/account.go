package summary

import "time"

// Account is a Summary told at one moment. It does not change any more.
type Account struct {
	Asked    []Prompt  // the first few and the latest, in their order
	Files    []File    // the latest changed first
	Commands []Command // the latest run first
	Turns    int
	CostUSD  float64
	Tokens   Tokens
	Worked   time.Duration
	Model    *Model // nil for none
	Standing string // where the session stands, in words
	Text     string // all of it as Markdown
}

// Tell gives an account of where the session stands now.
func (s *Summary) Tell(now Now) Account {
	a := Account{
		Asked: make([]Prompt, len(s.Asked)), Turns: s.Turns, CostUSD: s.CostUSD + s.ModelCost,
		Tokens: s.Tokens, Worked: s.Worked, Files: latestFirst(s.Files), Commands: latestFirst(s.Commands),
		Standing: s.Standing(now), Text: s.Text(now, ""),
	}
	for i, p := range s.Asked {
		a.Asked[i] = *p
		if i == firstAsked {
			a.Asked[i].Skipped = s.Unshown
		}
	}
	if s.Model != nil {
		m := *s.Model
		a.Model = &m
	}
	return a
}

func latestFirst[T any](r ring[*T]) []T {
	list := make([]T, len(r.List))
	for i, one := range r.List {
		list[len(list)-1-i] = *one
	}
	return list
}
