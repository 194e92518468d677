package agenttest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestHeldAnswersAreReleased(t *testing.T) {
	api, url := Serve(t)
	answers := make(chan string)
	for i := range 3 {
		go func() {
			body := "no answer"
			defer func() { answers <- body }()
			_, body = ask(t, url, i == 0, "wait")
		}()
	}
	waiting := func() (n int) {
		resp, err := http.Get(url + "/waiting")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := fmt.Fscan(resp.Body, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for waiting() < 3 { // the test's own limit of time is the limit
		select {
		case body := <-answers:
			t.Fatalf("not held: %s", body)
		default:
		}
	}
	resp, err := http.Post(url+"/release", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for range 3 {
		if body := <-answers; !strings.Contains(body, "waiting.") {
			t.Errorf("held and released: %s", body)
		}
	}
	if api.Waiting() != 0 || api.Calls() != 3 {
		t.Errorf("%d waiting, %d calls", api.Waiting(), api.Calls())
	}
}
