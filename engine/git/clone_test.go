package git

import (
	"context"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// origin makes a bare repository to clone from, and returns its folder.
func origin(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "origin")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	gitIn(t, dir, "init", "-q")
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	gitIn(t, dir, "add", "-A")
	gitIn(t, dir, "commit", "-qm", "one")
	gitIn(t, dir, "commit", "-qm", "two", "--allow-empty")
	gitIn(t, dir, "branch", "topic")
	gitIn(t, dir, "tag", "v1")
	gitIn(t, dir, "clone", "-q", "--bare", ".", dir+".git")
	return dir + ".git"
}

func fileURL(dir string) string { return "file://" + filepath.ToSlash(dir) }

func (r *rig) clone(repo Repo, o CloneOptions) error {
	return r.Clone(repo.Name, o, func() (string, error) { return repo.Path, nil })
}

func (r *rig) settled() Clone {
	r.t.Helper()
	var c Clone
	r.await("the clone ends", func() bool {
		c, _ = r.CloneOf(r.repo.Name)
		return c.State == Cloned || c.State == Failed
	})
	return c
}

func TestClone(t *testing.T) {
	r := newRig(t)
	from := fileURL(origin(t, map[string]string{"a": "1"}))
	r.do(r.clone(r.repo, CloneOptions{URL: from}))
	if err := r.Ready(r.repo.Name); err != nil && !errors.Is(err, ErrCloning) {
		t.Errorf("while it is cloned: %v", err)
	}
	if c := r.settled(); c != (Clone{State: Cloned, URL: from}) || r.read("a") != "1" {
		t.Errorf("%+v", c)
	}
	r.do(r.Ready(r.repo.Name))
	s, err := r.Status(r.ctx, r.repo)
	if err != nil || s.Branch != "main" || s.Upstream != "origin/main" || len(s.Files) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := r.clone(r.repo, CloneOptions{URL: from}); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("into a folder with files: %v", err)
	}
	if c, _ := r.CloneOf(r.repo.Name); c.State != Cloned {
		t.Errorf("after that: %+v", c)
	}
	for _, name := range []string{"../x", "a/b", "", "..", "/x"} {
		if err := r.Clone(name, CloneOptions{URL: from}, nil); !errors.Is(err, ErrPath) {
			t.Errorf("a workspace %q: %v", name, err)
		}
	}
	nowhere := errors.New("no folder")
	if err := r.Clone("other", CloneOptions{URL: from}, func() (string, error) { return "", nowhere }); !errors.Is(err, nowhere) {
		t.Errorf("%v", err)
	}
	if c, known := r.CloneOf("other"); known {
		t.Errorf("without a folder: %+v", c)
	}
	if left, _ := os.ReadDir(filepath.Join(r.repo.Path, ".git", "hooks")); len(left) > 0 {
		t.Errorf("hooks were made: %v", left)
	}
	r.do(r.Forget(r.ctx, r.repo.Name))
	if _, known := r.CloneOf(r.repo.Name); known {
		t.Error("it is still known")
	}
	for _, o := range []CloneOptions{{Branch: "topic", Depth: 1}, {Branch: "v1"}} {
		r.do(empty(r.repo.Path))
		o.URL = from
		r.do(r.clone(r.repo, o))
		if c := r.settled(); c.State != Cloned || c.Branch != o.Branch {
			t.Fatalf("%+v", c)
		}
		want := map[int]string{0: "2\n", 1: "1\n"}[o.Depth]
		if got := r.git("rev-list", "--count", "HEAD"); got != want {
			t.Errorf("%+v has %s commits, want %s", o, got, want)
		}
	}
}

func TestFailedClones(t *testing.T) {
	r := newRig(t)
	good := origin(t, map[string]string{"a": "1"})
	free, err := net.Listen("tcp", "127.0.0.1:0")
	r.do(err)
	nobody := free.Addr().String()
	r.do(free.Close())
	for _, bad := range []struct {
		CloneOptions
		want string
	}{
		{CloneOptions{URL: fileURL(good) + "-not"}, "there is no repository at this address"},
		{CloneOptions{URL: fileURL(good), Branch: "nowhere"}, "there is no branch or tag nowhere"},
		{CloneOptions{URL: "git://" + nobody + "/x"}, "the host does not answer at this address"},
	} {
		r.do(r.clone(r.repo, bad.CloneOptions))
		c := r.settled()
		if c.State != Failed || c.Error != bad.want {
			t.Errorf("%+v: %+v", bad, c)
		}
		if err := r.Ready(r.repo.Name); !errors.Is(err, ErrNotReady) || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%v", err)
		}
		if left, err := os.ReadDir(r.repo.Path); err != nil || len(left) > 0 {
			t.Errorf("%v is left, %v", left, err)
		}
	}
	r.do(r.clone(r.repo, CloneOptions{URL: fileURL(good)})) // try again
	if c := r.settled(); c.State != Cloned {
		t.Errorf("%+v", c)
	}
}

func TestAddresses(t *testing.T) {
	for _, good := range []string{
		"https://github.com/a/b", "https://github.com/a/b.git", "https://host:8443/a", "ssh://git@host/a", "ssh://git@host:22/a/b", "git://host/a",
		"git@github.com:a/b.git", "file:///srv/a.git", " https://host/a ", "deploy@host.example:~/x",
	} {
		if a, err := parseAddress(good, true); err != nil || a.secret != "" || a.url != strings.TrimSpace(good) {
			t.Errorf("%q: %+v, %v", good, a, err)
		}
	}
	for _, bad := range []string{
		"", "a", "/srv/a", "../a", "-x", "--upload-pack=touch /tmp/x", "ext::sh -c 'touch x'", "ext::x", "https://", "https:///a", "https://host",
		"http://host/a", "ftp://host/a", "fd::7", "transport::address", "ssh://-oProxyCommand=x/a", "ssh://-x@host/a", "git@-oProxyCommand=x:a",
		"-x@host:a", "git@host:-x", "git@host:", "git@host::x", "https://host/a\nb", "https://host/a b", "https://host/a#b", "ssh://git:pw@host/a",
		"git://u:pw@host/a", "file://host/a", "file:a", "https://-host/a", "C:\\x", "https://host/\x00", "ssh:///a", "https://" + strings.Repeat("x", 3000),
	} {
		if a, err := parseAddress(bad, true); !errors.Is(err, ErrURL) {
			t.Errorf("%q: %+v, %v", bad, a, err)
		}
	}
	if _, err := parseAddress("file:///a", false); !errors.Is(err, ErrLocalURL) {
		t.Errorf("%v", err)
	}
	a, err := parseAddress("https://user:pass%21word@host/a?x=1", false)
	if err != nil || a.url != "https://host/a?x=1" || a.secret != "Basic dXNlcjpwYXNzIXdvcmQ=" {
		t.Errorf("%+v, %v", a, err)
	}
	for _, bad := range []CloneOptions{{URL: "https://h/a", Branch: "-x"}, {URL: "https://h/a", Branch: "a b"}, {URL: "https://h/a", Depth: -1}} {
		if _, err := bad.check(false); err == nil {
			t.Errorf("%+v", bad)
		}
	}
}

// A private repository over HTTPS: the secret lets git in, and is nowhere to be found afterwards.
func TestSecretsOfAddresses(t *testing.T) {
	execPath := strings.TrimSpace(gitIn(t, t.TempDir(), "--exec-path"))
	if _, err := os.Stat(filepath.Join(execPath, "git-remote-https")); err != nil {
		t.Skip("this git does not speak HTTPS")
	}
	from := origin(t, map[string]string{"a": "1"})
	gitIn(t, from, "update-server-info") // for the protocol of plain files
	files := http.FileServer(http.Dir(from))
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		user, password, _ := req.BasicAuth()
		switch {
		case user == "" && password == "":
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		case user != "ann" || password != "s3cr3t-T0ken":
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusForbidden)
		default:
			files.ServeHTTP(w, req)
		}
	}))
	defer web.Close()
	authority := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_SSL_CAINFO", authority)
	r := newRig(t)
	host := strings.TrimPrefix(web.URL, "https://")
	for _, bad := range []struct{ login, want string }{
		{"", "there is no such repository, or it is private: put a token into the address (https://TOKEN@host/…)"},
		{"ann:wr0ng-s3cr3t@", "the host does not let this name or token read the repository"},
	} {
		r.do(r.clone(r.repo, CloneOptions{URL: "https://" + bad.login + host + "/" + "x/.."}))
		if c := r.settled(); c.State != Failed || c.Error != bad.want || strings.Contains(fmt.Sprint(c), "s3cr3t") {
			t.Errorf("login %q: %+v", bad.login, c)
		}
	}
	r.do(r.clone(r.repo, CloneOptions{URL: "https://ann:s3cr3t-T0ken@" + host + "/./"}))
	c := r.settled()
	if c.State != Cloned || r.read("a") != "1" {
		t.Fatalf("%+v", c)
	}
	top := filepath.Dir(filepath.Dir(r.repo.Path))
	err := filepath.WalkDir(top, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if strings.Contains(string(raw), "s3cr3t") || strings.Contains(string(raw), "YW5u") {
			t.Errorf("the secret is in %s", path)
		}
		return err
	})
	if err != nil || strings.Contains(fmt.Sprint(c), "s3cr3t") {
		t.Errorf("%+v, %v", c, err)
	}
}

// slowServer speaks git's own protocol: it passes on what the real upload-pack says, and when so many bytes
// have gone through it stops until it is told to go on.
type slowServer struct {
	url  string
	stop chan struct{} // closed once it stands still
	more chan struct{} // close it to let it go on
}

func newSlowServer(t *testing.T, dir string, after int64) *slowServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &slowServer{url: "git://" + l.Addr().String() + "/x", stop: make(chan struct{}), more: make(chan struct{})}
	var conns sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); l.Close(); conns.Wait() })
	var stopped sync.Once
	conns.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer conn.Close()
				skipRequest(conn)
				pack := exec.CommandContext(ctx, "git", "upload-pack", dir)
				pack.Stdin = conn
				out, err := pack.StdoutPipe()
				if err != nil || pack.Start() != nil {
					return
				}
				_, err = io.CopyN(conn, out, after)
				if err == nil {
					stopped.Do(func() { close(s.stop) })
					select {
					case <-s.more:
						_, _ = io.Copy(conn, out)
					case <-ctx.Done():
					}
				}
				conn.Close()
				_ = pack.Process.Kill()
				_ = pack.Wait()
			})
		}
	})
	return s
}

// skipRequest reads "0033git-upload-pack /x\0host=…\0": four digits of length, and the rest.
func skipRequest(r io.Reader) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return
	}
	n := 0
	fmt.Sscanf(string(length[:]), "%x", &n)
	io.CopyN(io.Discard, r, int64(max(n-4, 0)))
}

// bulk is a repository that does not fit into any buffer on the way.
func bulk(t *testing.T) string {
	noise := make([]byte, 6<<20)
	rand.Read(noise)
	files := map[string]string{}
	for i := range 6 {
		files[fmt.Sprint("noise", i)] = string(noise[i<<20 : (i+1)<<20])
	}
	return origin(t, files)
}

func TestProgressAndCancel(t *testing.T) {
	from := bulk(t)
	r := newRig(t)
	slow := newSlowServer(t, from, 2<<20)
	r.do(r.clone(r.repo, CloneOptions{URL: slow.url}))
	r.await("it tells how far it is", func() bool {
		c, _ := r.CloneOf(r.repo.Name)
		return c.State == Cloning && c.Progress.Phase == "receiving" && c.Progress.Percent > 0
	})
	<-slow.stop
	second := Repo{Name: "second", Path: filepath.Join(filepath.Dir(r.repo.Path), "second")}
	r.do(os.Mkdir(second.Path, 0o700))
	r.do(r.clone(second, CloneOptions{URL: fileURL(from)}))
	if c, _ := r.CloneOf("second"); c.Progress.Phase != phaseWaiting {
		t.Errorf("the second: %+v", c)
	}
	if err := r.clone(r.repo, CloneOptions{URL: slow.url}); !errors.Is(err, ErrCloning) && !errors.Is(err, ErrNotEmpty) {
		t.Errorf("the same once more: %v", err)
	}
	r.do(r.Forget(r.ctx, r.repo.Name)) // waits until git is gone
	if _, known := r.CloneOf(r.repo.Name); known {
		t.Error("it is still known")
	}
	if left, err := os.ReadDir(r.repo.Path); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	r.await("the second has its turn", func() bool { c, _ := r.CloneOf("second"); return c.State == Cloned })
	if n := len(r.supervisor.Processes()); n > 0 {
		t.Errorf("%d processes are left", n)
	}
}

func TestASlowCloneEndsWell(t *testing.T) {
	r := newRig(t)
	slow := newSlowServer(t, bulk(t), 1<<20)
	r.do(r.clone(r.repo, CloneOptions{URL: slow.url}))
	<-slow.stop
	close(slow.more)
	if c := r.settled(); c.State != Cloned {
		t.Errorf("%+v", c)
	}
	r.wantStatus()
}

func TestAServerThatStops(t *testing.T) {
	r := newRig(t)
	slow := newSlowServer(t, bulk(t), 1<<20)
	dir := filepath.Dir(filepath.Dir(r.repo.Path))
	r.do(r.clone(r.repo, CloneOptions{URL: slow.url}))
	<-slow.stop
	record, err := os.ReadFile(r.clones.file(r.repo.Name))
	r.do(err)
	r.Close()
	if err := r.clone(r.repo, CloneOptions{URL: slow.url}); err == nil {
		t.Error("a clone begins while the server stops")
	}
	r.do(r.supervisor.Close())
	r.open(dir) // it stopped in good order
	if c, _ := r.CloneOf(r.repo.Name); c.State != Failed || c.Error != "the server stopped while it was cloned" {
		t.Errorf("%+v", c)
	}
	r.do(r.supervisor.Close())
	r.do(os.WriteFile(r.clones.file(r.repo.Name), record, 0o600)) // it did not stop in good order
	r.write("half/of/it", "x")
	r.open(dir)
	if c, _ := r.CloneOf(r.repo.Name); c.State != Failed || c.Error != "the server stopped while it was cloned" || c.URL != slow.url {
		t.Errorf("%+v", c)
	}
	if left, err := os.ReadDir(r.repo.Path); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	r.do(r.supervisor.Close())
	r.do(os.Remove(r.repo.Path)) // the workspace is gone
	r.open(dir)
	if _, known := r.CloneOf(r.repo.Name); known {
		t.Error("a clone is known of a workspace that is not")
	}
}

// The governor may make a clone wait, stand still, go on, and end.
func TestAClonesMemoryIsGoverned(t *testing.T) {
	asked, leave, ended := make(chan string, 1), make(chan struct{}), make(chan string, 1)
	r := newRig(t, func(o *Options) {
		o.Leave = func(ctx context.Context, owner, name string) error {
			asked <- owner + " is " + name
			select {
			case <-leave:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		o.Ended = func(owner string) { ended <- owner }
	})
	slow := newSlowServer(t, bulk(t), 1<<20)
	r.do(r.clone(r.repo, CloneOptions{URL: slow.url}))
	if got := <-asked; got != "git/1 is git clone of shop" || r.NameOf("git/1") != "git clone of shop" || r.NameOf("git/2") != "" {
		t.Errorf("%s", got)
	}
	r.Freeze("git/1", true) // before it runs
	r.Freeze("git/1", false)
	close(leave)
	<-slow.stop
	r.Freeze("git/1", true)
	r.Freeze("git/1", false)
	r.Kill("git/1", "it was stopped at 310 MB to keep the server alive")
	r.Kill("git/9", "nobody")
	if c := r.settled(); c.State != Failed || c.Error != "it was stopped at 310 MB to keep the server alive" {
		t.Errorf("%+v", c)
	}
	if owner := <-ended; owner != "git/1" {
		t.Errorf("%s has ended", owner)
	}
	if runtime.GOOS == "linux" && len(r.supervisor.Members()) > 0 {
		t.Error("processes are left")
	}
}

func TestWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	dir := t.TempDir()
	g, err := New(Options{Clones: filepath.Join(dir, "clones")}, func(string) (string, error) { return "", os.ErrNotExist })
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	repo := Repo{Name: "x", Path: dir}
	if s, err := g.Status(t.Context(), repo); err != nil || s.Repository {
		t.Errorf("%+v, %v", s, err)
	}
	if err := errors.Join(g.CheckClone(CloneOptions{URL: "https://h/x"})); !errors.Is(err, ErrNoGit) {
		t.Errorf("%v", err)
	}
	if err := g.Init(t.Context(), repo); !errors.Is(err, ErrNoGit) {
		t.Errorf("%v", err)
	}
}
