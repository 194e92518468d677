package server

import (
	"strings"
	"testing"
)

func TestPreferencesAreKept(t *testing.T) {
	r := openRig(t)
	var p Preferences
	r.call("GET", "/api/preferences", "", 200, &p)
	if len(p) != 0 {
		t.Errorf("at first they are %v", p)
	}
	r.call("PUT", "/api/preferences", `{"theme":"dark","sizes":[1,2]}`, 204, nil)
	r.call("GET", "/api/preferences", "", 200, &p)
	if p["theme"] != "dark" || len(p["sizes"].([]any)) != 2 {
		t.Errorf("kept %v", p)
	}
	for _, bad := range []struct {
		body   string
		status int
	}{{`[]`, 422}, {`{`, 400}, {`{"x":"` + strings.Repeat("x", 16<<10) + `"}`, 413}} {
		if resp, body := r.do("PUT", "/api/preferences", bad.body, asOwner); resp.StatusCode != bad.status {
			t.Errorf("%.20s: %s, %s", bad.body, resp.Status, body)
		}
	}
}
