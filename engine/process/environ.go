package process

import (
	"os"
	"slices"
	"strings"
)

// allowed are the variables of our own environment that programs we start may see. The rest stays with the
// server: it may hold keys and tokens.
var allowed = []string{
	"HOME", "PATH", "LANG", "LANGUAGE", "TERM", "COLORTERM", "TZ", "USER", "LOGNAME", "SHELL", "HOSTNAME",
	"TMPDIR", "TMP", "TEMP", "EDITOR", "VISUAL", "PAGER", "NO_COLOR",
	"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO",
	"NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "NVM_DIR", "PNPM_HOME", "BUN_INSTALL", "DENO_DIR",
	"GOPATH", "GOROOT", "GOPROXY", "GOFLAGS", "CARGO_HOME", "RUSTUP_HOME", "JAVA_HOME", "PYENV_ROOT", "VIRTUAL_ENV",
	// Without these no program starts on Windows.
	"SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "WINDIR", "APPDATA", "LOCALAPPDATA", "USERPROFILE",
	"ProgramData", "ProgramFiles", "ProgramFiles(x86)", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
}

var allowedPrefixes = []string{"LC_", "XDG_"}

// Environ is the allow-listed part of our own environment, with extra ("NAME=value") added; a name in
// extra replaces one of ours.
func Environ(extra ...string) []string {
	var env []string
	for _, kv := range os.Environ() {
		name := nameOf(kv)
		replaced := slices.ContainsFunc(extra, func(e string) bool { return nameOf(e) == name })
		if isAllowed(name) && !replaced {
			env = append(env, kv)
		}
	}
	return append(env, extra...)
}

func nameOf(kv string) string {
	name, _, _ := strings.Cut(kv, "=")
	return name
}

func isAllowed(name string) bool {
	return slices.Contains(allowed, name) ||
		slices.ContainsFunc(allowedPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}
