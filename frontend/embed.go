// Package frontend holds the built page. It is embedded so that one file is the whole product;
// a checkout that has not been built yet embeds an empty folder and still compiles.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the root of the built page. It holds no index.html until `make frontend` has run.
func Files() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is embedded by the line above; it cannot be missing
	}
	return sub
}
