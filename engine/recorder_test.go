package engine

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"coder1/engine/trace"
)

// replays has the flight recording of a rig that was closed replayed: this build must decide what it decided.
func (r *rig) replays() trace.Result {
	r.t.Helper()
	file, err := trace.Load(r.settings.Data + "/trace")
	if err != nil {
		r.t.Fatal(err)
	}
	got := trace.Replay(file)
	if got.Difference != nil || len(got.Damage) > 0 || got.Unknown > 0 || got.Lost > 0 || got.Steps == 0 {
		r.t.Errorf("replayed: %+v; %+v", got, got.Difference)
	}
	return got
}

func TestTheFlightRecordingGivesNothingAway(t *testing.T) {
	const canary = "rosebud"
	t.Setenv("CODER1_TEST_SECRET", canary+"-env")
	s := testSettings(t)
	s.MemoryMonitoring = true
	r := openRig(t, s)
	id := r.session(canary + "-workspace")
	if _, err := r.ChangeSession(id, SessionChange{Title: new(canary + " title")}); err != nil {
		t.Fatal(err)
	}
	wrote := r.prompt(id, "write "+canary+"-file.txt "+canary+" content")
	ask := r.awaitAsk(id, wrote.Prompt)
	if err := r.Decide(id, ask.RequestID, Answer{Allow: true}); err != nil {
		t.Fatal(err)
	}
	r.awaitEnd(id, wrote.Prompt)
	ran := r.prompt(id, "run sleep 1000 && echo "+canary)
	ask = r.awaitAsk(id, ran.Prompt)
	if err := r.Decide(id, ask.RequestID, Answer{Allow: true}); err != nil {
		t.Fatal(err)
	}
	r.awaitOwner("tool")
	if err := r.CancelPrompt(id, ran.Prompt); err != nil {
		t.Fatal(err)
	}
	r.awaitEnd(id, ran.Prompt)
	var b bytes.Buffer
	if err := r.Trace(&b, time.Time{}); err != nil {
		t.Fatal(err)
	}
	raw, err := trace.Parse(b.Bytes()).Raw()
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	r.close()
	r.replays()
	for _, secret := range []string{canary, s.Data, "echo", "sleep"} {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("%q is in the recording: …%s…", secret, text[max(0, i-100):min(len(text), i+100)])
		}
	}
	for _, there := range []string{`"e":"commandAsked"`, `"name":"command `, `"d":"startTurn"`, `"groups":[`, id} {
		if !strings.Contains(text, there) {
			t.Errorf("the recording has no %s; the test proves nothing", there)
		}
	}
}

// awaitOwner waits until memory of the kind was measured.
func (r *rig) awaitOwner(kind string) {
	r.t.Helper()
	w := r.Watch()
	defer w.Close()
	for end := time.After(deadMan); ; {
		if slices.ContainsFunc(r.Status().Owners, func(o Owned) bool { return o.Kind == kind }) {
			return
		}
		select {
		case <-w.C:
			w.Take()
		case <-end:
			r.t.Fatalf("nothing of the kind %q was measured", kind)
		}
	}
}
