package workspace

import (
	"io"
	"path"
	"strings"

	"coder1/engine/workspace/ignore"
)

// rules are what the ignore files of a folder and of those above it say. As ripgrep does it, an .ignore file
// anywhere beats a .gitignore file anywhere; of each kind the innermost that names a path decides; and a
// repository of its own knows nothing of the .gitignore files around it. A folder's rules are constant.
type rules struct {
	above  *rules
	folder string // "." for the workspace
	ignore *ignore.Rules
	git    *ignore.Rules
	info   *ignore.Rules // .git/info/exclude
	top    bool          // of a repository
}

// rulesIn reads the ignore files of a folder below one whose rules are known.
func (f *Files) rulesIn(folder string, above *rules) *rules {
	r := &rules{above: above, folder: folder}
	r.ignore, r.git = f.readRules(folder, ".ignore"), f.readRules(folder, ".gitignore")
	if _, err := f.root.Lstat(path.Join(folder, ".git")); err == nil {
		r.top, r.info = true, f.readRules(folder, ".git/info/exclude")
	}
	if above != nil && r.ignore == nil && r.git == nil && !r.top {
		return above // nothing to add
	}
	return r
}

// readRules reads an ignore file, nil when there is none that can be read.
func (f *Files) readRules(folder, name string) *ignore.Rules {
	file, err := f.openFile(path.Join(folder, name))
	if err != nil {
		return nil
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, ignore.MaxFile))
	if err != nil || len(text) == 0 {
		return nil
	}
	return ignore.Parse(text)
}

// ignores says whether something in the rules' folder, or below one that is not ignored, is ignored.
func (r *rules) ignores(p string, isFolder bool) bool {
	for at := r; at != nil; at = at.above {
		if ignored, named := at.match(at.ignore, p, isFolder); named {
			return ignored
		}
	}
	for at := r; at != nil; at = at.above {
		if ignored, named := at.match(at.git, p, isFolder); named {
			return ignored
		}
		if at.top {
			ignored, _ := at.match(at.info, p, isFolder)
			return ignored
		}
	}
	return false
}

func (r *rules) match(some *ignore.Rules, p string, isFolder bool) (ignored, named bool) {
	if some == nil {
		return false, false
	}
	if r.folder != "." {
		p = strings.TrimPrefix(p, r.folder+"/")
	}
	return some.Match(p, isFolder)
}
