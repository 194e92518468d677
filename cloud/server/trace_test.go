package server

import (
	"strings"
	"testing"

	"coder1/engine/trace"
)

func TestTheFlightRecordingCanBeTaken(t *testing.T) {
	r := openRig(t)
	id := r.session()
	r.call("POST", "/api/sessions/"+id+"/prompts", `{"text":"help"}`, 202, nil)
	for _, path := range []string{"/api/trace", "/api/trace?minutes=5"} {
		resp, body := r.do("GET", path, "", asOwner)
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/zstd" ||
			!strings.Contains(resp.Header.Get("Content-Disposition"), trace.Extension+`"`) {
			t.Fatalf("GET %s: %s, %v", path, resp.Status, resp.Header)
		}
		got := trace.Replay(trace.Parse([]byte(body)))
		if got.Steps < 2 || got.Difference != nil || len(got.Damage) > 0 {
			t.Errorf("GET %s: %+v", path, got)
		}
	}
	if resp, body := r.do("GET", "/api/trace?minutes=-1", "", asOwner); resp.StatusCode != 422 {
		t.Errorf("minutes before the future: %s: %s", resp.Status, body)
	}
	if resp, _ := r.do("GET", "/api/trace", ""); resp.StatusCode != 401 {
		t.Errorf("a stranger: %s", resp.Status)
	}
	var st Status
	r.call("GET", "/api/status", "", 200, &st)
	if st.Recorder.Bytes == 0 || st.Recorder.Since == nil || st.Recorder.Problem != "" {
		t.Errorf("the recorder: %+v", st.Recorder)
	}
}
