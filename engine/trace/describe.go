package trace

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"coder1/engine/governor"
)

// describe says what an input or decision is, with its fields as they are recorded.
func describe(one any) string {
	if one == nil {
		return "something that this build does not know"
	}
	v := reflect.ValueOf(one)
	p := events.byType[v.Type()]
	if p == nil {
		p = decisions.byType[v.Type()]
	}
	parts := []string{spaced(p.name)}
	for i := range p.fields {
		f := &p.fields[i]
		field := v
		for _, n := range f.index {
			field = field.Field(n)
		}
		if f.value.text == own || f.value.kind == reflect.Slice || !f.value.named && field.IsZero() {
			continue
		}
		key := strings.Trim(f.key, `":`)
		parts = append(parts, key+"="+valueText(key, field))
	}
	if s, ok := one.(governor.Sample); ok {
		for _, g := range s.Groups {
			parts = append(parts, fmt.Sprintf("%s=%s", g.ID, megabytes(g.Bytes)))
		}
	}
	return strings.Join(parts, " ")
}

// inBytes are fields that hold a size.
var inBytes = []string{"used", "pinned", "shared", "bytes", "dataLimit", "history"}

func valueText(key string, v reflect.Value) string {
	switch one := v.Interface().(type) {
	case time.Duration:
		return one.Round(time.Millisecond).String()
	case int64:
		if slices.Contains(inBytes, key) {
			return megabytes(one)
		}
	case string:
		return one
	}
	return fmt.Sprint(v.Interface())
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20)) }

func describeAll(all []governor.Decision) []string {
	lines := make([]string, len(all))
	for i, d := range all {
		lines[i] = describe(d)
	}
	return lines
}

// spaced turns "promptOffered" into "prompt offered".
func spaced(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
