package git

import (
	"os"
	"path/filepath"
)

// frugal keeps git's memory within some 100 MB where its defaults take what a workstation has. Sizes beyond
// bigFileThreshold are streamed, are not compared line by line, and are not packed as differences.
var frugal = []string{
	"core.bigFileThreshold=8m", "core.packedGitLimit=64m", "core.packedGitWindowSize=4m", "core.deltaBaseCacheLimit=16m",
	"pack.threads=1", "pack.windowMemory=16m", "pack.deltaCacheSize=16m", "http.postBuffer=1m",
	"index.threads=1", "checkout.workers=1", "gc.auto=0", "maintenance.auto=false",
}

// plain is how git is to speak and act, whatever a repository says.
var plain = []string{
	"core.fsmonitor=false", // names a program
	"core.pager=cat", "color.ui=false", "advice.addIgnoredFile=false", "advice.addEmbeddedRepo=false", "core.quotePath=false",
	"diff.suppressBlankEmpty=false", "log.showSignature=false", "init.defaultBranch=main",
}

// settings are git's options before the command: "-c name=value" and so on.
func (c call) settings() []string {
	values := append(append([]string{}, frugal...), plain...)
	values = append(values, "safe.directory="+c.repo.Path) // it is ours, whoever owns its files
	if c.kind != commit {
		values = append(values, "core.hooksPath="+os.DevNull)
	}
	if c.kind == look {
		values = append(values, c.at.unfiltered...)
	}
	args := []string{"--no-pager"}
	for _, v := range values {
		args = append(args, "-c", v)
	}
	if c.kind == look {
		args = append(args, "--no-optional-locks")
	}
	return args
}

// variables are git's environment beside what every program of ours gets. The server's own GIT_ variables
// are not among that.
func (c call) variables() []string {
	env := append([]string{
		"LC_ALL=C.UTF-8", "LANGUAGE=", // what git says is read by us
		"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS=", "SSH_ASKPASS_REQUIRE=never", // there is nobody to ask
		"GIT_EDITOR=:", "GIT_PAGER=cat", "PAGER=cat",
		"GIT_CEILING_DIRECTORIES=" + filepath.Dir(c.repo.Path), // a repository around the workspace is not the workspace's
	}, c.env...)
	if c.kind == look || c.kind == change {
		env = append(env, "GIT_ALLOW_PROTOCOL=", "GIT_NO_LAZY_FETCH=1") // no network, no program that speaks to one
	}
	// A commit's hooks would inherit these, and mean other things by them.
	if c.kind != commit && c.at.dir != "" {
		env = append(env, "GIT_DIR="+c.at.dir, "GIT_WORK_TREE="+c.repo.Path)
		if !c.magic {
			env = append(env, "GIT_LITERAL_PATHSPECS=1")
		}
	}
	return env
}
