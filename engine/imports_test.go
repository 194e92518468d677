package engine

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the architecture: imports point downwards only. A package that is not listed may import
// none of ours. Outside modules are listed where a package exists to wrap them; a trailing slash stands
// for everything below.
var mayImport = map[string][]string{
	"engine/queue":     {},
	"engine/tier":      {},
	"engine/pool":      {},
	"engine/governor":  {"engine/queue", "engine/tier", "engine/pool"},
	"engine/memory":    {"github.com/shirou/gopsutil/v3/", "golang.org/x/sys/"},
	"engine/process":   {"golang.org/x/sys/"},
	"engine/agent":     {"engine/process"},
	"engine/session":   {"github.com/cockroachdb/pebble", "github.com/cockroachdb/pebble/"},
	"engine/summary":   {"engine/session"},
	"engine/trace":     {"engine/governor", "engine/pool", "github.com/klauspost/compress/"},
	"engine/scenario":  {"engine/governor", "engine/pool", "engine/trace", "go.yaml.in/yaml/v3"},
	"engine/git":       {"engine/process"},
	"engine/backup":    {"github.com/klauspost/compress/zstd"},
	"engine/workspace": {"engine/workspace/ignore", "github.com/fsnotify/fsnotify", "github.com/klauspost/compress/flate", "golang.org/x/sys/"},
	"engine/terminal":  {"engine/process", "github.com/charmbracelet/x/conpty", "github.com/creack/pty", "golang.org/x/sys/"},

	"engine/workspace/ignore": {},
	"engine": {"engine/governor", "engine/queue", "engine/tier", "engine/pool", "engine/memory",
		"engine/process", "engine/agent", "engine/session", "engine/summary", "engine/trace", "engine/terminal", "engine/workspace", "engine/git", "engine/backup"},
	"desktop": {"cloud/child", "cloud/server", "engine", "engine/agent", "engine/governor", "engine/memory", "engine/process", "engine/trace", "github.com/wailsapp/wails/v2", "github.com/wailsapp/wails/v2/",
		"github.com/coder/websocket", "github.com/gen2brain/beeep"},
	"frontend":     {},
	"cloud/server": {"engine", "engine/", "frontend", "github.com/", "golang.org/x/time/", "golang.org/x/net/netutil"},
	"cloud/child":  {"cloud/server", "engine", "github.com/alecthomas/kong"},
	"cloud/live":   {"engine/agent", "engine/scenario", "engine/trace", "github.com/coder/websocket"},
	"cloud":        {"cloud/child", "cloud/live", "cloud/server", "engine", "engine/backup", "engine/agent", "engine/governor", "engine/process", "engine/scenario", "engine/trace", "github.com/alecthomas/kong"},
}

// pure packages may not even look at a clock or the outside world.
var pure = []string{"engine/queue", "engine/tier", "engine/pool", "engine/governor", "engine/summary"}

var impure = []string{"os", "net", "io", "sync", "math/rand", "math/rand/v2", "runtime", "context", "log/slog"}

func TestImportsPointDownwards(t *testing.T) {
	seen := map[string]bool{}
	root := ".."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, _ := filepath.Rel(root, filepath.Dir(path))
		pkg := filepath.ToSlash(rel)
		if strings.HasSuffix(pkg, "test") || strings.Contains(pkg, "test/") { // support for tests, imported by tests only
			return nil
		}
		seen[pkg] = true
		checkImports(t, pkg, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range mayImport {
		if !seen[pkg] {
			t.Errorf("the table names %s, which does not exist", pkg)
		}
	}
}

func checkImports(t *testing.T, pkg, path string) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	allowed, known := mayImport[pkg]
	if !known {
		t.Errorf("%s is not in the table of packages", pkg)
	}
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		ours, isOurs := strings.CutPrefix(imported, "coder1/")
		outside := strings.Contains(strings.SplitN(imported, "/", 2)[0], ".")
		switch {
		case isOurs && !permits(allowed, ours), !isOurs && outside && !permits(allowed, imported):
			t.Errorf("%s: package %s may not import %s", path, pkg, imported)
		case slices.Contains(pure, pkg) && slices.Contains(impure, imported):
			t.Errorf("%s: package %s is pure and may not import %s", path, pkg, imported)
		}
	}
}

func permits(allowed []string, imported string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		return a == imported || strings.HasSuffix(a, "/") && strings.HasPrefix(imported, a)
	})
}

func TestEveryPackageOpensWithASentence(t *testing.T) {
	for pkg := range mayImport {
		matches, _ := filepath.Glob(filepath.Join("..", pkg, "*.go"))
		documented := slices.ContainsFunc(matches, func(path string) bool {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
			return err == nil && file.Doc != nil && !strings.HasSuffix(path, "_test.go")
		})
		if !documented {
			t.Errorf("package %s has no package comment", pkg)
		}
	}
}
