package engine

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coder1/engine/git"
	"coder1/engine/governor"
	"coder1/engine/workspace"
)

// until waits until something is so, looking again whenever the engine has changed.
func (r *rig) until(what string, so func() bool) {
	r.t.Helper()
	w := r.Watch()
	defer w.Close()
	dead := time.After(deadMan)
	for !so() {
		select {
		case <-w.C:
			w.Take()
		case <-dead:
			r.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// awaitClone waits until a workspace's clone is as it should be.
func (r *rig) awaitClone(name, what string, so func(git.Clone) bool) git.Clone {
	r.t.Helper()
	var c git.Clone
	r.until(what, func() bool {
		c, _ = r.git.CloneOf(name)
		return so(c)
	})
	return c
}

// A clone is on the books as any command is: its memory has its name, and the governor can stop it.
func TestACloneIsGoverned(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes calls and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := testSettings(t)
	s.MemoryMonitoring = true
	r := openRig(t, s)
	if _, err := r.CloneWorkspace("shop", git.CloneOptions{URL: "git://" + l.Addr().String() + "/x"}); err != nil {
		t.Fatal(err)
	}
	var owner Owned
	r.until("its memory has its name", func() bool {
		owners := r.Status().Owners
		i := slices.IndexFunc(owners, func(o Owned) bool { return o.Label == "git clone of shop" })
		if i >= 0 {
			owner = owners[i]
		}
		return i >= 0
	})
	if owner.Kind != "tool" || !strings.HasPrefix(owner.Owner, "git/") || owner.Process != 0 || owner.Bytes == 0 {
		t.Errorf("%+v", owner)
	}
	h := hands{Engine: r.Engine}
	h.freeze(owner.Owner, true)
	h.freeze(owner.Owner, false)
	h.kill(governor.Kill{Group: owner.Owner, Reason: "“git clone of shop” was stopped at 310 MB to keep the server alive"})
	c := r.awaitClone("shop", "it is stopped", func(c git.Clone) bool { return c.State == git.Failed })
	if c.Error != "“git clone of shop” was stopped at 310 MB to keep the server alive" {
		t.Errorf("%+v", c)
	}
	if err := r.DeleteWorkspace(t.Context(), "shop"); err != nil {
		t.Error(err)
	}
	if _, known := r.git.CloneOf("shop"); known {
		t.Error("it is still known")
	}
}

// What was being cloned when the server stopped says so at the next start.
func TestACloneThatTheServerInterrupted(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := testSettings(t)
	r := openRig(t, s)
	if _, err := r.CloneWorkspace("shop", git.CloneOptions{URL: "git://" + l.Addr().String() + "/x"}); err != nil {
		t.Fatal(err)
	}
	r.awaitClone("shop", "it has begun", func(c git.Clone) bool { return c.Progress.Phase == "connecting" })
	r.close()
	r = openRig(t, s)
	all, err := r.Workspaces()
	if err != nil || len(all) != 1 || all[0].Clone == nil || all[0].Clone.State != git.Failed || all[0].Clone.Error != "the server stopped while it was cloned" {
		t.Errorf("%+v, %v", all, err)
	}
}

// What is being written into a workspace has one name for those who write it and for git.
func TestGitSeesNoParts(t *testing.T) {
	r := openRig(t, testSettings(t))
	w, err := r.CreateWorkspace("shop")
	if err == nil {
		err = errors.Join(r.GitInit(t.Context(), "shop"), os.WriteFile(filepath.Join(w.Path, workspace.PartPrefix+"x"), nil, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	if s, err := r.GitStatus(t.Context(), "shop"); err != nil || len(s.Files) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}
