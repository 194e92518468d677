package workspace

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// pack makes an archive; a name ending in a slash is a folder.
func pack(t testing.TB, change func(*zip.FileHeader), files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		h := &zip.FileHeader{Name: files[i], Method: zip.Deflate}
		if strings.HasSuffix(h.Name, "/") {
			h.Method = zip.Store
		}
		if change != nil {
			change(h)
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (r *rig) unzip(archive []byte, overwrite bool) (Imported, error) {
	return r.Import(within(r.t), bytes.NewReader(archive), int64(len(archive)), overwrite)
}

// content is everything in the workspace, as lines.
func (r *rig) content() string {
	r.t.Helper()
	var b strings.Builder
	r.ok(filepath.WalkDir(r.at("."), func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == r.at(".") {
			return err
		}
		rel, _ := filepath.Rel(r.at("."), p)
		info, err := d.Info()
		if err != nil {
			return err
		}
		b.WriteString(filepath.ToSlash(rel))
		if !d.IsDir() {
			fmt.Fprint(&b, " ", info.Mode())
		}
		switch {
		case info.Mode().IsRegular():
			text, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %08x", crc32.ChecksumIEEE(text))
		case info.Mode()&fs.ModeSymlink != 0:
			target, _ := os.Readlink(p)
			b.WriteString(" -> " + target)
		}
		b.WriteByte('\n')
		return nil
	}))
	return b.String()
}

func TestWhatIsExportedCanBeImported(t *testing.T) {
	r := newRig(t)
	r.put("src/a.go", "package a")
	r.put("run.sh", "#!/bin/sh")
	r.ok(os.Chmod(r.at("run.sh"), 0o755))
	r.put(".git/HEAD", "ref: refs/heads/main")
	r.put("ignored.log", "x")
	r.put(".gitignore", "*.log")
	r.put("ümlaut/😀 and space", "x")
	r.put("large", strings.Repeat("some text; ", 1<<20))
	r.ok(os.MkdirAll(r.at("empty/folder"), 0o755))
	before := r.content()
	r.link("src/a.go", "link")
	r.put(PartPrefix+"left", "x")
	var b bytes.Buffer
	r.ok(r.Export(within(t), &b, false))
	_, err := r.set.Create("copy")
	r.ok(err)
	shop := r.Files
	r.Files, err = r.set.Files("copy")
	r.ok(err)
	did, err := r.unzip(b.Bytes(), false)
	r.ok(err)
	if did.Files != 7 || did.Links != 1 || len(did.LeftOut) != 1 || did.LeftOut[0] != "link" {
		t.Errorf("%+v", did)
	}
	after := &rig{Files: r.Files, t: t, dir: r.dir}
	r.ok(os.RemoveAll(r.at("")))
	r.ok(os.Rename(filepath.Join(r.dir, "copy"), r.at("")))
	if got := after.content(); got != before {
		t.Errorf("exported:\n%simported:\n%s", before, got)
	}
	r.ok(r.Close())
	r.Files = shop
	r.noParts()
}

// Whatever names the file system lets a workspace have, its own archive brings them back.
func TestAnyNameIsExportedAndImported(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system does not have such names")
	}
	r := newRig(t)
	for _, name := range []string{"README", "readme", "Src/a", "src/A", "Src/A", "a\\b", `..\..\outside\secret`, "c:x", "latin-\xe9", "\xe9/\xe8", "\xe9/\xe9", "new\nline"} {
		r.put(name, name)
	}
	before := r.content()
	var b bytes.Buffer
	r.ok(r.Export(within(t), &b, false))
	r.ok(os.RemoveAll(r.at("")))
	r.ok(os.Mkdir(r.at(""), 0o700))
	r.ok(r.Close())
	var err error
	r.Files, err = r.set.Files("shop")
	r.ok(err)
	_, err = r.unzip(b.Bytes(), false)
	r.ok(err)
	if got := r.content(); got != before {
		t.Errorf("exported:\n%simported:\n%s", before, got)
	}
	r.safe()
}

func TestNamesThatDifferOnlyInCase(t *testing.T) {
	for says, archive := range map[string][]byte{
		"entry readme differs only in case from README": pack(t, nil, "README", "x", "readme", "y"),
		"entry A differs only in case from a":           pack(t, nil, "a", "x", "A/b", "y"),
		"":                                              pack(t, nil, "Src/a", "x", "src/b", "y"),
	} {
		a, err := openArchive(bytes.NewReader(archive), int64(len(archive)))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(a.alike); !strings.Contains(got, says) || (says == "") != (a.alike == nil) {
			t.Errorf("got %q, want %q", got, says)
		}
		// A file system that does not tell case apart has a part by its name in small letters, too.
		r := newRig(t)
		part, err := r.newPart(".")
		r.ok(err)
		r.ok(os.Mkdir(r.at(strings.ToLower(part.path)), 0o700))
		if err := r.unpack(within(t), a, part); says != "" && !errors.Is(err, a.alike) || says == "" && err != nil {
			t.Errorf("unpacking where case is not told apart: %v", err)
		}
	}
}

func TestAnExportCanLeaveOutWhatIsIgnored(t *testing.T) {
	r := newRig(t)
	r.put("a.log", "x")
	r.put("build/x", "x")
	r.put("a", "x")
	r.put(".gitignore", "*.log\nbuild/")
	var b bytes.Buffer
	r.ok(r.Export(within(t), &b, true))
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	r.ok(err)
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	if fmt.Sprint(names) != "[.gitignore a]" {
		t.Errorf("exported: %v", names)
	}
	r.put("deep/src/build/x", "x")
	r.put("deep/src/a.go", "x")
	r.put("deep/src/b.tmp", "x")
	r.put("deep/.gitignore", "*.tmp")
	r.link("deep/src", "src")
	for _, folder := range []string{"deep/src", "src"} {
		b.Reset()
		r.ok(r.ExportFolder(within(t), &b, folder, true))
		z, err = zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		r.ok(err)
		if len(z.File) != 1 || z.File[0].Name != "src/a.go" {
			t.Errorf("the folder %s: %+v", folder, z.File)
		}
	}
	b.Reset()
	r.fails(r.ExportFolder(within(t), &b, "none", true), ErrNoFile, "no folder")
	r.fails(r.ExportFolder(within(t), &b, "a", true), ErrNotFolder, "a file")
	r.fails(r.ExportFolder(within(t), &b, "../x", true), ErrPath, "outside")
	if b.Len() > 0 {
		t.Errorf("%d bytes of an archive of nothing", b.Len())
	}
	ctx, cancel := context.WithCancel(within(t))
	cancel()
	if err := r.Export(ctx, io.Discard, true); !errors.Is(err, context.Canceled) {
		t.Errorf("an export that nobody wants: %v", err)
	}
	gone := errors.New("hung up")
	if err := r.Export(within(t), failing{gone}, true); !errors.Is(err, gone) {
		t.Errorf("an export to nobody: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestArchivesThatAreRefused(t *testing.T) {
	mode := func(m fs.FileMode) func(*zip.FileHeader) {
		return func(h *zip.FileHeader) { h.SetMode(m) }
	}
	good := pack(t, nil, "a", "text", "b", "other")
	flip := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 0xff
		return b
	}
	many := func(n int, name string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range n {
			_, _ = z.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(i, name)})
		}
		_ = z.Close()
		return b.Bytes()
	}
	for what, archive := range map[string][]byte{
		"one that leads outside":          pack(t, nil, "good", "x", "../../outside/secret", "x"),
		"one that leads up in the middle": pack(t, nil, "a/../../x", "x"),
		"an absolute path":                pack(t, nil, "/etc/passwd", "x"),
		"a drive":                         pack(t, nil, "c:/x", "x"),
		"backslashes":                     pack(t, nil, `..\..\outside\secret`, "x"),
		"a name of dots":                  pack(t, nil, "..", "x"),
		"no name":                         pack(t, nil, "", "x"),
		"a zero byte":                     pack(t, nil, "a\x00b", "x"),
		"a name that is not UTF-8":        pack(t, nil, "a\xff", "x"),
		"our own kind of name":            pack(t, nil, PartPrefix+"x", "x"),
		"a name too deep":                 pack(t, nil, strings.Repeat("a/", maxDepth)+"a", "x"),
		"a pipe":                          pack(t, mode(fs.ModeNamedPipe|0o600), "pipe", ""),
		"a device":                        pack(t, mode(fs.ModeDevice|0o600), "dev", ""),
		"one name twice":                  pack(t, nil, "a", "x", "a", "y"),
		"a file and a folder":             pack(t, nil, "a", "x", "a/b", "y"),
		"a folder and a file":             pack(t, nil, "a/b", "x", "a", "y"),
		"a folder that says file":         pack(t, nil, "a/", "", "a", "y"),
		"twice, and once in capitals":     pack(t, nil, "A", "x", "a", "y", "a", "z"),
		"a folder, a file, and capitals":  pack(t, nil, "A", "x", "a/b", "y", "a", "z"),
		"one of Unix that leads outside":  pack(t, mode(0o600), "../../outside/secret", "x"),
		"dots that are not UTF-8 inside":  pack(t, mode(0o600), "\xff/../../../outside/secret", "x"),
		"an absolute path of Unix":        pack(t, mode(0o600), "/etc/passwd", "x"),
		"an encrypted entry":              pack(t, func(h *zip.FileHeader) { h.Flags |= 1 }, "a", "x"),
		"too many entries":                many(maxArchived+1, ""),
		"too long a list":                 many(maxDirectory/500, strings.Repeat("/long", 100)),
		"no archive":                      []byte("this is text"),
		"nothing":                         {},
		"half of one":                     good[:len(good)-10],
		"damaged data":                    flip(32),
		"a damaged list":                  flip(bytes.Index(good, []byte("PK\x01\x02"))),
		"a wrong checksum":                flip(bytes.LastIndex(good, []byte("PK\x01\x02")) + 16),
		"overlapping entries":             overlapping(good),
		"a size that is a lie":            lying(t, 1),
		"a size that is a larger lie":     lying(t, 1<<20),
		"a bomb":                          lying(t, math.MaxInt32),
	} {
		r := newRig(t)
		r.put("a", "mine")
		before := r.content()
		_, err := r.unzip(archive, true)
		var bad *ArchiveError
		if !errors.As(err, &bad) && !errors.Is(err, ErrFull) {
			t.Errorf("%s: %v", what, err)
		}
		if got := r.content(); got != before {
			t.Errorf("%s has changed something:\n%s", what, got)
		}
		r.safe()
	}
}

// overlapping makes both entries of an archive one: they are at the same place.
func overlapping(good []byte) []byte {
	b := bytes.Clone(good)
	second := bytes.LastIndex(b, []byte("PK\x01\x02"))
	first := bytes.Index(b, []byte("PK\x01\x02"))
	size := binary.LittleEndian.Uint32(b[first+20:]) + uint32(len(b)) // together more than there is
	binary.LittleEndian.PutUint32(b[second+42:], 0)
	binary.LittleEndian.PutUint32(b[second+20:], size)
	return b
}

// lying makes an archive whose entry says that it has so many bytes.
func lying(t *testing.T, size uint32) []byte {
	b := pack(t, nil, "a", strings.Repeat("x", 10_000))
	list := bytes.LastIndex(b, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(b[list+24:], size)
	return b
}

func TestWhatIsInTheWayOfAnImport(t *testing.T) {
	r := newRig(t)
	r.put("a", "mine")
	r.put("folder/x", "mine")
	r.put("file", "mine")
	r.link("a", "link")
	before := r.content()
	for what, archive := range map[string][]byte{
		"a file":                   pack(t, nil, "new", "x", "a", "theirs"),
		"a folder, for a file":     pack(t, nil, "new", "x", "folder", "theirs"),
		"a file, for a folder":     pack(t, nil, "new", "x", "file/", ""),
		"a link":                   pack(t, nil, "new", "x", "link", "theirs"),
		"a file on the way":        pack(t, nil, "new", "x", "file/deep/x", "theirs"),
		"a file where a folder is": pack(t, nil, "new/", "", "file/x", "theirs"),
	} {
		_, err := r.unzip(archive, what != "a file")
		if !errors.Is(err, ErrFileExists) && !errors.Is(err, ErrNotFolder) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := r.content(); got != before {
		t.Errorf("something has changed:\n%s", got)
	}
	did, err := r.unzip(pack(t, nil, "a", "theirs", "folder/y", "y", "./dot/z", "z"), true)
	r.ok(err)
	if did.Files != 3 || did.Bytes != 8 {
		t.Errorf("%+v", did)
	}
	r.has("a", "theirs")
	r.has("folder/x", "mine")
	r.has("folder/y", "y")
	r.has("dot/z", "z")
	r.safe()
}

func TestAnArchiveOfWhichOneFileCannotBePlaced(t *testing.T) {
	r := newRig(t)
	a, err := openArchive(bytes.NewReader(pack(t, nil, "a", "1", "b", "2", "c", "3")), int64(len(pack(t, nil, "a", "1", "b", "2", "c", "3"))))
	r.ok(err)
	part, err := r.newPart(".")
	r.ok(err)
	r.ok(r.unpack(within(t), a, part))
	r.put("b", "somebody was quicker")
	err = r.moveIn(a, part, false)
	var partly *PartlyError
	if !errors.As(err, &partly) || partly.Files != 1 || partly.Of != 3 || !errors.Is(err, ErrFileExists) {
		t.Errorf("%v", err)
	}
	r.has("a", "1")
	r.has("b", "somebody was quicker")
	part.discard()
	r.noParts()
}

func TestAnImportThatBreaksOff(t *testing.T) {
	r := newRig(t)
	before := r.content()
	broken := errors.New("the line broke")
	good := pack(t, nil, "a", "text")
	if _, err := r.Import(within(t), io.MultiReader(bytes.NewReader(good[:20]), iotest.ErrReader(broken)), -1, false); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(within(t))
	cancel()
	if _, err := r.Import(ctx, bytes.NewReader(good), -1, false); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	room := int64(reserve + 1<<20)
	r.set.free = func(string) (int64, error) { return room, nil }
	_, err := r.unzip(pack(t, nil, "a", strings.Repeat("x", 8<<20)), false)
	r.fails(err, ErrFull, "an archive that does not fit")
	if got := r.content(); got != before {
		t.Errorf("something has changed:\n%s", got)
	}
	r.noParts()
}

func FuzzImport(f *testing.F) {
	f.Add(pack(f, nil, "a", "text", "b/", "", "b/c", "more"))
	f.Add(pack(f, nil, "../x", "text"))
	f.Add(pack(f, func(h *zip.FileHeader) { h.SetMode(fs.ModeSymlink | 0o777) }, "link", "../../outside"))
	f.Fuzz(func(t *testing.T, archive []byte) {
		r := newRig(t)
		r.link("../../outside", "lure")
		before := r.content()
		_, err := r.unzip(archive, true)
		var partly *PartlyError
		if err != nil && !errors.As(err, &partly) {
			if got := r.content(); got != before {
				t.Errorf("%v, and something has changed:\n%s", err, got)
			}
		}
		r.safe()
	})
}

func BenchmarkArchive(b *testing.B) {
	r := newRig(b)
	random := rand.New(rand.NewPCG(1, 1))
	text := make([]byte, 64<<10)
	for i := range text {
		text[i] = "etaoin shrdlu\n"[random.IntN(14)]
	}
	const files = 500
	for i := range files {
		r.put(fmt.Sprintf("%d/%d", i%20, i), string(text))
	}
	b.SetBytes(int64(files * len(text)))
	b.Run("Export", func(b *testing.B) {
		b.SetBytes(int64(files * len(text)))
		for b.Loop() {
			if err := r.Export(within(b), io.Discard, false); err != nil {
				b.Fatal(err)
			}
		}
	})
	var archive bytes.Buffer
	r.ok(r.Export(within(b), &archive, false))
	b.Run("Import", func(b *testing.B) {
		b.SetBytes(int64(files * len(text)))
		for b.Loop() {
			if _, err := r.unzip(archive.Bytes(), true); err != nil {
				b.Fatal(err)
			}
		}
	})
}
