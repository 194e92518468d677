package agent

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"
)

const maxListed = 200

func demoList(ctx context.Context, d *demo, rest string) error {
	name := inside(rest)
	return d.use(ctx, "List", map[string]any{"path": name}, true, func() (string, error) {
		entries, err := fs.ReadDir(d.files.FS(), name)
		if err != nil {
			return "", err
		}
		if len(entries) == 0 {
			return "(empty)", nil
		}
		var b strings.Builder
		for _, e := range entries[:min(len(entries), maxListed)] {
			b.WriteString(e.Name())
			if e.IsDir() {
				b.WriteString("/")
			}
			b.WriteString("\n")
		}
		if more := len(entries) - maxListed; more > 0 {
			fmt.Fprintf(&b, "… and %d more\n", more)
		}
		return b.String(), nil
	})
}

const maxRead = 64 << 10

func demoRead(ctx context.Context, d *demo, rest string) error {
	if rest == "" {
		return d.say(ctx, "Which file? For example: `read hello.txt`", 0)
	}
	name := inside(rest)
	return d.use(ctx, "Read", map[string]any{"file_path": name}, true, func() (string, error) {
		if err := d.isFile(name); err != nil {
			return "", err
		}
		f, err := d.files.Open(name)
		if err != nil {
			return "", err
		}
		defer f.Close()
		raw, err := io.ReadAll(io.LimitReader(f, maxRead+1))
		if err != nil {
			return "", err
		}
		text, more := cut(string(raw), maxRead)
		if !utf8.ValidString(text) {
			return "", fmt.Errorf("%s is not text", name)
		}
		if more {
			text += "\n… (the rest is not shown)"
		}
		return text, nil
	})
}

func demoWrite(ctx context.Context, d *demo, rest string) error {
	file, text := cutWord(rest)
	if file == "" {
		return d.say(ctx, "Which file? For example: `write hello.txt Hello there`", 0)
	}
	name := inside(file)
	return d.use(ctx, "Write", map[string]any{"file_path": name, "content": text}, false, func() (string, error) {
		if err := d.files.MkdirAll(path.Dir(name), 0o755); err != nil {
			return "", err
		}
		if _, err := d.files.Lstat(name); err == nil {
			if err := d.isFile(name); err != nil {
				return "", err
			}
		}
		if err := d.files.WriteFile(name, []byte(text+"\n"), 0o644); err != nil {
			return "", err
		}
		return fmt.Sprintf("%d bytes written to %s", len(text)+1, name), nil
	})
}

// isFile keeps us away from what has no end, such as a pipe, which could not be interrupted.
func (d *demo) isFile(name string) error {
	info, err := d.files.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", name)
	}
	return err
}
