package agent

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Claude is Claude Code, run from bin. env ("NAME=value") is added to its environment.
func Claude(bin string, env []string) Kind {
	return &program{name: "claude", path: bin, args: claudeArgs, files: claudeFiles, env: func() []string {
		return slices.Concat(passed(os.Environ()), env, claudeEnv)
	}}
}

// claudeArgs take away the tools that make no sense here: questions that only its own terminal can show, and
// work that goes on when the turn is over. Nor may agents find each other and talk: they can belong to
// different users, and a message begins a turn that nobody asked for. And it must not delete the transcripts of
// conversations that were not resumed for 30 days, as it does: they are deleted with their sessions.
var claudeArgs = []string{
	"--disallowedTools", "AskUserQuestion,Monitor,ScheduleWakeup,ListAgents,SendMessage",
	"--settings", `{"crossSessionInbound":"refuse","cleanupPeriodDays":36500}`,
}

// claudeEnv keeps the CLI from updating and reporting, and from leaving work behind when a turn is over: an
// idle process may be given to another conversation or taken away at any moment.
var claudeEnv = []string{
	"DISABLE_AUTOUPDATER=1",
	"DISABLE_TELEMETRY=1",
	"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
	"CLAUDE_CODE_DISABLE_BACKGROUND_TASKS=1",
	"CLAUDE_CODE_DISABLE_CRON=1",
}

// credentials are the variables that let the CLI in, in the order in which we name them to the user.
var credentials = []string{"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"}

// passable are the other variables of our environment that the CLI gets.
var passable = []string{
	"ANTHROPIC_BASE_URL", "ANTHROPIC_CUSTOM_HEADERS", "ANTHROPIC_MODEL", "ANTHROPIC_SMALL_FAST_MODEL",
	"ANTHROPIC_DEFAULT_OPUS_MODEL", "ANTHROPIC_DEFAULT_SONNET_MODEL", "ANTHROPIC_DEFAULT_HAIKU_MODEL",
	"CLAUDE_CODE_SUBAGENT_MODEL", "CLAUDE_CODE_EFFORT_LEVEL", "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
	"CLAUDE_CODE_MAX_RETRIES",
}

// passed is the part of an environment that the CLI gets beside what every child gets.
func passed(environ []string) []string {
	var env []string
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if slices.Contains(credentials, name) || slices.Contains(passable, name) {
			env = append(env, kv)
		}
	}
	return env
}

// FindClaude finds the CLI, bin being its name on the PATH ("" for the usual one) or its path, and a
// credential for it in our environment. detail and err are sentences for users; path is valid when the
// program was found, even if there is no credential.
func FindClaude(bin string) (path, detail string, err error) {
	if bin == "" {
		bin = "claude"
	}
	path, err = exec.LookPath(bin)
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return "", "", notFound(bin)
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", "", fmt.Errorf("find the folder of %s: %w", bin, err)
	}
	for _, name := range credentials {
		if os.Getenv(name) != "" {
			return path, fmt.Sprintf("Claude Code (%s), with the key in %s.", path, name), nil
		}
	}
	return path, "", fmt.Errorf("the server has no key for Claude Code (%s): set %s, %s or %s in its environment",
		path, credentials[0], credentials[1], credentials[2])
}

func notFound(bin string) error {
	if strings.ContainsRune(bin, filepath.Separator) {
		return fmt.Errorf("there is no program %s (CLAUDE_BIN): set it to the path of Claude Code", bin)
	}
	return fmt.Errorf("there is no program named %q on the PATH: install Claude Code, or set CLAUDE_BIN to its path", bin)
}
