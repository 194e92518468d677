package child

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"coder1/cloud/server"
)

func TestTheEngineAndTheWindowSpeak(t *testing.T) {
	var out bytes.Buffer
	p := &pane{out: &out}
	if err := p.Pick(server.PickFolder); err != nil || out.String() != `{"pick":"folder"}`+"\n" {
		t.Errorf("a wish is said as %q, %v", out.String(), err)
	}
	p.listen(strings.NewReader(`{"windowBytes":7}` + "\nnoise\n" + `{"windowBytes":-1}` + "\n" + strings.Repeat("x", 200<<10) + "\n"))
	if p.Memory() != 7 {
		t.Errorf("the window weighs %d", p.Memory())
	}
	_, w := io.Pipe()
	_ = w.Close()
	if err := (&pane{out: w}).Pick(server.PickFolder); err == nil {
		t.Error("nobody hears a wish, and nobody is told")
	}
}
