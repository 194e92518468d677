package agent

import (
	"os"
	"testing"

	"coder1/engine/process"
)

// TestMain lets the test binary be the guard of its processes and the agents under test.
func TestMain(m *testing.M) {
	if process.GuardMain() {
		return
	}
	if len(os.Args) > 1 && os.Args[1] == DemoCommand {
		os.Exit(DemoMain(os.Args[2:], os.Stdin, os.Stdout))
	}
	if play := roles[os.Getenv(roleVariable)]; play != nil {
		play()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// roleVariable makes the test binary one of the roles: an agent that does what no real one would.
const roleVariable = "CODER1_TEST_ROLE"

var roles = map[string]func(){}

// odd is a kind of agent that plays a role.
func odd(t testing.TB, role string) Kind {
	if roles[role] == nil {
		t.Fatalf("there is no role %q", role)
	}
	return &program{name: role, path: self(t), env: func() []string { return []string{roleVariable + "=" + role} }}
}

func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
